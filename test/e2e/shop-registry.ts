// The registries that the stories name: of each the node and the product are told in hosts.toml, so that no word in them varies.
import type { Lab } from '../lab/cluster.ts'
import { ADDRESS } from '../lab/layout.ts'
import type { ScriptedImage } from '../support/scripted-images.ts'
import { startScriptedRegistry } from '../support/scripted-registry.ts'
import type { Script, ScriptedRegistry } from '../support/scripted-registry.ts'

/** An image of its own: a node tells five names of one at most. */
function image(name: string, platform: string): ScriptedImage {
  const [os, architecture] = platform.split('/')
  return { platform, config: { os, architecture, author: name } }
}

function index(name: string, platforms: readonly string[]): ScriptedImage {
  return { index: platforms.map((platform) => ({ platform, image: image(name, platform) })) }
}

/** For two platforms each. */
const everywhere = [
  ...['shop/web:v1.0', 'shop/web:v1.1', 'shop/web:latest', 'shop/cart:v2.0', 'shop/cart:v2.1', 'shop/cart:v3.0-rc1'],
  ...['shop/docs:v1', 'library/nginx:1.27', 'library/nginx:latest'],
]

/** What `docs/examples` name, as the demo's registry has it, and a little more. */
const script: Script = {
  images: {
    ...Object.fromEntries(everywhere.map((name) => [name, index(name, ['linux/amd64', 'linux/arm64'])])),
    'shop/billing:2024.10': image('billing', 'linux/amd64'),
    'shop/payroll:v1': image('payroll', 'linux/amd64'),
    'shop/edge:v1': index('edge', ['linux/arm64']),
    'shop/sensor:v1': image('sensor', 'linux/arm64'),
  },
  auth: {
    kind: 'bearer',
    users: { 'shop-ci': 'right-password' },
    public: ['shop/web', 'shop/cart', 'shop/docs', 'shop/edge', 'shop/sensor', 'library/nginx'],
  },
  routes: [
    {
      path: '/v2/shop/popular/*',
      answer: {
        status: 429,
        headers: { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '0;w=21600' },
        body: { errors: [{ code: 'TOOMANYREQUESTS', message: 'the pull rate limit is reached' }] },
      },
    },
    { path: '/v2/shop/fragile/*', answer: { status: 503 } },
  ],
}

export interface ShopRegistry {
  readonly registry: ScriptedRegistry
  /** hosts.toml by host: of `registry.demo.test`, of `docker.io`, and of one where nobody listens. */
  readonly hostsFiles: Readonly<Record<string, string>>
  /** What varies from run to run in what is typed and said, by the name that stands for it. */
  readonly variables: Readonly<Record<string, string>>
}

/** Its images run on the node of the lab. */
export async function startShopRegistry(lab: Pick<Lab, 'runnable' | 'writeHostsFile'>): Promise<ShopRegistry> {
  const making = { runnable: lab.runnable, seed: 'shop' }
  const registry = await startScriptedRegistry(script, undefined, { address: ADDRESS, making })
  const hostsFiles = {
    'registry.demo.test': `server = "${registry.origin}"\n`,
    'docker.io': `server = "${registry.origin}"\n`,
    'down.demo.test': `server = "http://${ADDRESS}:1"\n`,
  }
  for (const [host, text] of Object.entries(hostsFiles)) await lab.writeHostsFile(host, text)
  const variables = {
    SHOP: registry.host,
    DIGEST: registry.digest('shop/web:v1.0'),
    LATEST: registry.digest('shop/web:latest'),
    NGINX: registry.digest('library/nginx:latest'),
  }
  return { registry, hostsFiles, variables }
}
