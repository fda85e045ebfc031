// Runs before `start`, `test` and `check`, on whatever Node the machine has: so old syntax, and no imports.
// The `node` devDependency brings our Node; where its install script did not run, the machine's own is used.
var parts = process.versions.node.split('.').map(Number)
if (parts[0] < 22 || (parts[0] === 22 && parts[1] < 19)) {
  console.error(
    'pullable needs Node 22.19 or newer and this is ' +
      process.versions.node +
      ': run `npm ci` without --ignore-scripts (it brings Node 24 for this folder), or install a newer Node.',
  )
  process.exit(1)
}
