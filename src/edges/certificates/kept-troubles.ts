import type { Logger } from '../../base/telemetry/index.ts'
import { printable } from '../../base/text.ts'
import type { KeptAnswer, KeptNames } from './kept-objects.ts'

type What = 'secret' | 'configuration'
type Verb = 'get' | 'update' | 'patch' | 'watch'

/** Tells the operator what keeps the certificates from being kept: once, and again after it worked in between. */
export interface KeptTroubles {
  heard(what: What, verb: Verb, answer: KeptAnswer): void
  /** True where it has not been told yet. */
  unusable(problem: string | undefined): boolean
}

export function createKeptTroubles(log: Logger, names: KeptNames): KeptTroubles {
  const told = new Map<string, string>()
  const rules = {
    secret: `apiGroups: [""], resources: [secrets], resourceNames: [${names.secret}], verbs: [get, create, update, patch]`,
    configuration: `apiGroups: [admissionregistration.k8s.io], resources: [validatingwebhookconfigurations], resourceNames: [${names.webhookConfiguration}], verbs: [get, watch, patch]`,
  }

  function isNews(key: string, trouble: string | undefined): boolean {
    if (told.get(key) === trouble) return false
    if (trouble === undefined) told.delete(key)
    else told.set(key, trouble)
    return true
  }

  return {
    heard(what, verb, answer) {
      const object = what === 'secret' ? names.secret : names.webhookConfiguration
      const at = { object, verb, ...(what === 'secret' && { namespace: names.namespace }) }
      const key = `${what} ${verb}`
      switch (answer.kind) {
        case 'forbidden':
          if (isNews(key, 'forbidden')) log.warn({ ...at, rule: rules[what] }, 'not allowed to keep the certificates')
          return
        case 'failed':
          if (isNews(key, answer.why)) log.warn({ ...at, why: printable(answer.why) }, 'certificates cannot be kept')
          return
        // Another replica was faster.
        case 'conflict':
          return
        case 'absent':
          if (what === 'configuration' && isNews(key, 'absent'))
            log.info(at, 'there is no webhook configuration: nothing calls')
          return
        case 'found':
          if (isNews(key, undefined)) log.info(at, 'the certificates can be kept again')
      }
    },
    unusable(problem) {
      const news = isNews('secret data', problem) && problem !== undefined
      if (news) {
        const at = { secret: names.secret, namespace: names.namespace, problem: printable(problem) }
        log.warn(at, 'the Secret of the certificates holds what cannot be used')
      }
      return news
    },
  }
}
