// What the oracle makes of a pod's status, and of the two judgements.
import { describe, expect, it } from 'vitest'
import { gradeOf, problemsOf } from '../../oracle/grade.ts'
import type { Row } from '../../oracle/grade.ts'
import { watchPod } from '../../oracle/kubelet.ts'
import type { Observation } from '../../oracle/kubelet.ts'
import { fidelity } from '../../oracle/report.ts'

const running = { running: {} }
const waiting = (reason: string, message = ''): object => ({ waiting: { reason, message } })
const ended = (exitCode: number): object => ({
  terminated: { reason: exitCode === 0 ? 'Completed' : 'Error', exitCode },
})

function pod(states: readonly object[], restartCount = 0): never {
  const containerStatuses = states.map((state, at) => ({ name: `c${String(at)}`, restartCount, state }))
  return { spec: { nodeName: 'lab' }, status: { phase: 'Pending', containerStatuses } } as never
}

/** What is certain after looks at these moments. */
function looked(looks: readonly (readonly [ms: number, pod: never])[], believesFirst = true): Observation | undefined {
  const watch = watchPod({ believesFirst })
  let certain: Observation | undefined
  for (const [ms, each] of looks) certain ??= watch.look(each, ms)
  return certain
}

describe('a pod', () => {
  const rows: Readonly<Record<string, readonly [pod: never, outcome: string | undefined]>> = {
    runs: [pod([running]), 'runs'],
    'ends well': [pod([ended(0)]), 'runs'],
    'ends badly': [pod([ended(1)]), 'crashes'],
    'ended badly before': [pod([running], 1), 'crashes'],
    'cannot be made': [pod([waiting('CreateContainerError')]), 'crashes'],
    'is being made': [pod([waiting('ContainerCreating')]), undefined],
    'has one that cannot be pulled': [pod([running, waiting('ErrImagePull', 'not found')]), 'pull-fails'],
    'has a secret that does not decode': [pod([waiting('illegal base64 data at input byte 0')]), 'pull-fails'],
    'crashes while another is being pulled': [pod([ended(1), waiting('ContainerCreating')]), undefined],
    'is on a node that is none': [{ spec: { nodeName: 'one-arm' }, status: {} } as never, 'waits'],
    'is refused by the kubelet': [
      { spec: { nodeName: 'lab' }, status: { phase: 'Failed', reason: 'NodeAffinity' } } as never,
      'waits',
    ],
    'is not scheduled': [
      {
        spec: {},
        status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', reason: 'Unschedulable' }] },
      } as never,
      'waits',
    ],
  }
  for (const [title, [given, outcome]] of Object.entries(rows)) {
    it(title, () =>
      expect(
        looked([
          [0, given],
          [10_000, given],
        ])?.outcome,
      ).toBe(outcome),
    )
  }

  it('that should not run must do so for longer', () => {
    const watch = watchPod({ believesFirst: true, doubtful: true })
    const looks = [0, 10_000, 31_000].map((ms) => watch.look(pod([running]), ms)?.outcome)
    expect(looks).toEqual([undefined, undefined, 'runs'])
  })

  it('runs only once it has for a while', () => {
    expect(
      looked([
        [0, pod([running])],
        [500, pod([running])],
      ]),
    ).toBeUndefined()
    expect(
      looked([
        [0, pod([running])],
        [4900, pod([ended(1)])],
        [9000, pod([running])],
      ])?.outcome,
    ).toBe('crashes')
  })

  it('is given a second try, where a first failure proves nothing', () => {
    const failed = pod([waiting('ErrImagePull')])
    const backOff = pod([waiting('ImagePullBackOff')])
    expect(
      looked(
        [
          [0, failed],
          [1000, failed],
          [2000, backOff],
        ],
        false,
      ),
    ).toBeUndefined()
    expect(
      looked(
        [
          [0, failed],
          [2000, backOff],
          [12_000, failed],
        ],
        false,
      )?.outcome,
    ).toBe('pull-fails')
    expect(
      looked(
        [
          [0, failed],
          [2000, backOff],
          [12_000, pod([running])],
          [18_000, pod([running])],
        ],
        false,
      )?.outcome,
    ).toBe('runs')
    expect(looked([[0, pod([waiting('InvalidImageName')])]], false)?.outcome).toBe('pull-fails')
  })
})

function row(
  node: string,
  verdict: string,
  more: { exception?: string; served?: string; cause?: string | null } = {},
): Row {
  const cause = more.cause === undefined ? (verdict === 'pullable' ? null : 'rate-limited') : more.cause
  const said = { verdict, denied: verdict === 'failing', findings: [] }
  const { exception } = more
  return {
    group: 'moods',
    scenario: {
      name: 'one',
      mechanism: 'a | b',
      input: '',
      expect: { node, cause },
      ...(exception === undefined ? {} : { exception }),
    },
    answer: {
      served: { ...said, verdict: more.served ?? verdict },
      checked: { ...said, cause, detail: null, message: null },
    },
    observed: { outcome: node, reason: '', message: '' },
  } as Row
}

describe('a row', () => {
  const rows: readonly (readonly [Row, grade: string, problems: readonly string[]])[] = [
    [row('runs', 'pullable'), 'agreed', []],
    [row('pull-fails', 'failing'), 'agreed', []],
    [row('crashes', 'failing'), 'agreed', []],
    [row('runs', 'failing'), 'false denial', ['false denial']],
    [row('crashes', 'pullable'), 'miss', ['miss']],
    [row('pull-fails', 'undetermined'), 'miss', ['miss']],
    [row('pull-fails', 'undetermined', { exception: 'transient' }), 'undetermined', []],
    [row('pull-fails', 'pullable', { exception: 'unknowable: what they are' }), 'explained miss', []],
    [row('runs', 'undetermined'), 'undetermined', []],
    [row('waits', 'undetermined'), 'no pull', []],
    [row('undecided', 'pullable'), 'no pull', []],
  ]
  for (const [given, grade, problems] of rows) {
    it(`${given.observed.outcome}, ${given.answer.checked.verdict}: ${grade}`, () => {
      expect([gradeOf(given), problemsOf(given)]).toEqual([grade, problems])
    })
  }

  it('is red where it differs from what is expected, and where the two disagree', () => {
    const given = row('runs', 'pullable', { served: 'failing' })
    const expect_ = { node: 'pull-fails', cause: 'manifest-unknown' } as const
    expect(problemsOf({ ...given, scenario: { ...given.scenario, expect: expect_ } })).toEqual([
      'the node: runs, not pull-fails',
      'the cause: null, not manifest-unknown',
      'the webhook says failing, check says pullable',
    ])
  })
})

it('docs/fidelity.md counts, and shows each row', () => {
  const rows = [row('runs', 'pullable'), row('pull-fails', 'undetermined', { exception: 'transient' })]
  const text = fidelity(rows, '- a surprise\n', 'changes')
  for (const line of [
    '| moods   | 1      | 0            | 0    | 0              | 1            | 0       | 2   |',
    '1 run, 1 fail to pull, 0 pull and crash.',
    '- a surprise',
    '| one      | rate-limited | pull-fails | transient |',
    '| one      | a \\| b    | runs       | pullable     | agreed       |',
  ]) {
    expect(text).toContain(line)
  }
})
