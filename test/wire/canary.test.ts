import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import type { Exchange } from '../../src/edges/registry/index.ts'
import { canariesIn, canary } from '../support/canary.ts'
import { problem } from '../support/scripted-registry.ts'
import type { Script } from '../support/scripted-registry.ts'
import { asked, login } from './asking.ts'

const { username, password } = canary
const users = { [username]: password }
const images = { 'team/app:v1': { platform: 'linux/amd64' } }
const echo = problem(403, 'DENIED', `${username}:${password} may not`)

const scripts: readonly (readonly [string, Script])[] = [
  ['a good login', { images, auth: { kind: 'bearer', users } }],
  ['a wrong one', { images, auth: { kind: 'basic', users: {} } }],
  ['a registry that repeats what it was sent', { routes: [{ path: '/*', answer: echo }] }],
  [
    'a realm that holds a password',
    {
      routes: [
        {
          path: '/*',
          answer: {
            status: 401,
            headers: {
              'www-authenticate': `Bearer realm="ftp://${encodeURIComponent(username)}:${encodeURIComponent(password)}@x/"`,
            },
          },
        },
      ],
    },
  ],
]

test.each(scripts)('no fact and no event holds a secret: %s', async (_, script) => {
  const events: Exchange[] = []
  const observe = (event: Exchange): void => void events.push(event)
  const answered = await asked(script, 'team/app:v1', {
    credential: login(username, password),
    options: { observe },
  })
  const sent = answered.registry.log.flatMap(({ headers }) => headers.authorization?.split(' ')[1] ?? [])
  const shown = inspect({ fact: answered.fact, events }, { depth: 20 }) + JSON.stringify([answered.fact, events])
  expect(events.length).toBeGreaterThan(0)
  expect(canariesIn(shown)).toEqual([])
  for (const token of sent) expect(shown).not.toContain(token)
})
