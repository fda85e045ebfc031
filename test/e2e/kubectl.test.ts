// The chart installed, and people at their keyboards: what the real kubectl prints, word for word. The table is test/e2e/stories/*.yaml.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NAMESPACE } from '../manifests/render.ts'
import { startCluster, until } from './installed.ts'
import type { Cluster } from './installed.ts'
import { startShopRegistry } from './shop-registry.ts'
import type { ShopRegistry } from './shop-registry.ts'
import { readStories } from './story.ts'
import { begin, expected, makePeople, said, type } from './type.ts'
import type { Typing } from './type.ts'

/** The programs and the image may have to be built. */
const START_MS = 20 * 60_000

const STEP_MS = 90_000

const stories = await readStories()

let cluster: Cluster | undefined
let shop: ShopRegistry | undefined
let folder = ''
let mode = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pullable-people-'))
  cluster = await startCluster()
  shop = await startShopRegistry(cluster.lab)
  await makePeople(cluster.lab, folder)
}, START_MS)

afterAll(async () => {
  await shop?.registry.close()
  await cluster?.lab.stop()
  await rm(folder, { recursive: true, force: true })
}, 60_000)

describe.each(stories)('$story', (story) => {
  let typing: Typing

  beforeAll(async () => {
    await setMode(story.mode)
    typing = await begin(up().lab, folder, story, upShop().variables)
  }, 150_000)

  it.each(story.steps)(
    '$typed',
    async (step) => {
      const typed = await type(step, typing)
      expect(said(step, typed), typed.stderr).toEqual(expected(step))
    },
    STEP_MS,
  )
})

it('was forbidden nothing of what it asked the API server', async () => {
  expect(await up().forbidden()).toEqual([])
})

/** Installs the chart, or has the installed one be in this mode. */
async function setMode(wanted: string): Promise<void> {
  if (mode === wanted) return
  const installed = up()
  const files = { ...installed.nodes.hostsDir.files, ...upShop().hostsFiles }
  await installed.helm(mode === '' ? 'install' : 'upgrade', { mode: wanted, nodes: { hostsDir: { files } } })
  mode = wanted
  // Those of before answer as before, for as long as they end.
  const deleted = '{.items[?(@.metadata.deletionTimestamp)].metadata.name}'
  const ending = (): Promise<string> => installed.kubectl(['-n', NAMESPACE, 'get', 'pods', `-o=jsonpath=${deleted}`])
  await until('none', async () => ((await ending()) === '' ? 'none' : 'some'), 90_000)
}

function up(): Cluster {
  if (cluster === undefined) throw new Error('the cluster is not up')
  return cluster
}

function upShop(): ShopRegistry {
  if (shop === undefined) throw new Error('the registry is not up')
  return shop
}
