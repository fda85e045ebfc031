// The cluster's DNS: CoreDNS with the plugins that the lab needs, and no more.
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/hosts"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/template"
)

// In the order in which a question passes them.
func init() {
	dnsserver.Directives = []string{"bind", "errors", "hosts", "kubernetes", "template"}
}

func main() { coremain.Run() }
