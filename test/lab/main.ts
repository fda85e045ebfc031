// npm run lab            brings the cluster up, and keeps it until Ctrl-C
// npm run lab -- down    takes it down, also what a crash has left
import { startLab } from './cluster.ts'
import type { Lab } from './cluster.ts'
import { FOLDER } from './layout.ts'
import { stopLab } from './state.ts'

async function main(args: readonly string[]): Promise<number> {
  if (args.length === 0) return up()
  if (args.length === 1 && args[0] === 'down') return down()
  console.error('usage: npm run lab [-- down]')
  return 2
}

async function up(): Promise<number> {
  const asked = Promise.withResolvers<undefined>()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => asked.resolve(undefined))
  const start = performance.now()
  const lab = await startLab({ say: (line) => console.log(line) })
  console.log(`up in ${String(Math.round((performance.now() - start) / 1000))} s\n\n${usage(lab)}`)
  await asked.promise
  console.log('taking it down')
  await lab.stop()
  return 0
}

async function down(): Promise<number> {
  await stopLab()
  console.log('nothing of the lab is left')
  return 0
}

function usage({ registries, ...lab }: Lab): string {
  const { plain, secret, tls, through, scripted, refused } = registries
  const rows = [
    [plain.host, 'asks for no password; holds team/app:1.0'],
    [secret.host, `asks for ${secret.login.username} and ${secret.login.password}; holds team/app:2.0`],
    [tls.host, 'HTTPS, of a CA that the node does not know; holds team/app:2.0'],
    [through.host, `a cache of ${plain.host}`],
    [scripted.host, 'holds nothing: tests give it a script'],
    [refused.host, 'nobody listens there'],
  ]
    .map(([host = '', what = '']) => `  ${host.padEnd(26)} ${what}`)
    .join('\n')
  return `In another terminal:

  export KUBECONFIG=${lab.kubeconfig}
  alias kubectl=${lab.kubectlPath}
  kubectl get nodes
  kubectl run good --image=${plain.host}/team/app:1.0
  kubectl run wrong --image=${plain.host}/team/app:nope
  kubectl get pods --watch

Registries:

${rows}

hosts.toml files of the node: ${lab.hostsFolder}
logs: ${FOLDER}/logs

Ctrl-C, or "npm run lab -- down", takes it down and leaves nothing.`
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
