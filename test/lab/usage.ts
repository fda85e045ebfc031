// What a person is told once the lab is up.
import type { Lab } from './cluster.ts'
import { FOLDER } from './layout.ts'
import { writeWebhookFiles } from './webhook.ts'

/** `pullable serve` listens there unless it is told otherwise. */
const PORT = 8443

export async function usage(lab: Lab): Promise<string> {
  const { plain, secret, token, tls, through, scripted, refused } = lab.registries
  const { username, password } = secret.login
  const files = await writeWebhookFiles(PORT)
  const registries = [
    [plain.host, 'asks for no password; holds team/app:1.0'],
    [secret.host, 'asks for the login below; holds team/app:2.0'],
    [token.host, 'sends clients to a token service; holds public/app:1.0 for all, team/app:2.0 for the login'],
    [tls.host, 'HTTPS, of a CA that the node does not know; holds team/app:2.0'],
    [through.host, `a cache of ${plain.host}`],
    [scripted.host, 'holds nothing: tests give it a script'],
    [refused.host, 'nobody listens there'],
  ]
  return `In another terminal:

  export KUBECONFIG=${lab.kubeconfig}
  alias kubectl=${lab.kubectlPath}
  kubectl run good --image=${plain.host}/team/app:1.0
  kubectl run wrong --image=${plain.host}/team/app:nope
  kubectl get pods --watch

Registries:

${registries.map(([host = '', what = '']) => `  ${host.padEnd(26)} ${what}`).join('\n')}

The login:

  kubectl create secret docker-registry regcred --docker-server=${secret.host} \\
    --docker-username=${username} --docker-password=${password}

pullable, as it is in src/, before the API server; then a wrong tag is refused:

  node_modules/.bin/node src/main.ts serve --kubeconfig=${lab.kubeconfig} --hosts-dir=${lab.hostsFolder} \\
    --tls-cert-file=${files.cert} --tls-private-key-file=${files.key}
  kubectl create -f ${files.manifest}
  kubectl create deployment web --image=${plain.host}/team/app:1.1

The node's hosts.toml files: ${lab.hostsFolder}
Logs: ${FOLDER}/logs

Ctrl-C, or "npm run lab -- down", takes it down and leaves nothing.`
}
