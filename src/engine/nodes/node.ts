import type { Platform, Runtime } from '../platform/index.ts'

export interface Taint {
  readonly key: string
  readonly value: string
  readonly effect: string
}

/** What we keep of a Node object. */
export interface Node {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  readonly unschedulable: boolean
  /** From `status.nodeInfo`, else from the `kubernetes.io/os|arch` labels; undefined where neither says. */
  readonly platform: Platform | undefined
  readonly runtime: Runtime
  /** True for a node that stands for `--platform`: of its labels only os and arch are known, and any other requirement is taken to hold. */
  readonly assumed: boolean
}
