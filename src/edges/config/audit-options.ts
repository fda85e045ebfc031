import { option } from './option.ts'
import * as kinds from './value-kinds.ts'

const AUDIT = ['audit'] as const

/** What `pullable audit` alone is told. It takes no file. */
export const auditOptions = {
  auditOutput: option(
    AUDIT,
    { flag: 'output', short: 'o', variable: 'PULLABLE_AUDIT_OUTPUT', fallback: 'text' },
    kinds.oneOf(['text', 'json']),
    'What to print.',
  ),
  auditNamespace: option(
    AUDIT,
    { flag: 'namespace', short: 'n', variable: 'PULLABLE_AUDIT_NAMESPACE' },
    kinds.namespaceName,
    'The namespace that the webhook runs in (default: its own in a pod, else pullable-system).',
  ),
  auditConfigMap: option(
    AUDIT,
    { flag: 'configmap', variable: 'PULLABLE_AUDIT_CONFIGMAP', fallback: 'pullable-forecasts' },
    kinds.objectName,
    'The ConfigMap that keeps what was learned (serve.forecasts).',
  ),
  auditLeast: option(
    AUDIT,
    { flag: 'least', variable: 'PULLABLE_AUDIT_LEAST', fallback: '100' },
    kinds.count,
    'Judged pods below which nothing is called safe.',
  ),
  auditColor: option(
    AUDIT,
    { flag: 'color', variable: 'PULLABLE_AUDIT_COLOR', fallback: 'auto' },
    kinds.oneOf(['auto', 'always', 'never']),
    'Whether to color the text.',
  ),
} as const
