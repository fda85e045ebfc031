// commands are wired here
