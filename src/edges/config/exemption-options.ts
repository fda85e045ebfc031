import { option } from './option.ts'
import * as kinds from './value-kinds.ts'

const BOTH = ['check', 'serve'] as const
const SERVE = ['serve'] as const

/** What the file exempts, by the names that the code has for it. */
export const exemptionOptions = {
  exemptNamespaces: option(
    BOTH,
    { key: 'exemptions.namespaces', shape: 'exempt' },
    kinds.namespaceName,
    'Namespaces in which nothing is judged.',
  ),
  exemptUsers: option(
    SERVE,
    { key: 'exemptions.users', shape: 'exempt' },
    kinds.userName,
    'Users of whose requests nothing is judged: `system:serviceaccount:argocd:argocd-server`. What controllers make of them later is.',
  ),
  exemptGroups: option(SERVE, { key: 'exemptions.groups', shape: 'exempt' }, kinds.userName, 'Groups of such users.'),
  exemptRuntimeClasses: option(
    BOTH,
    { key: 'exemptions.runtimeClasses', shape: 'exempt' },
    kinds.objectName,
    'Runtime classes whose pods are not judged.',
  ),
  exemptImages: option(
    BOTH,
    { key: 'exemptions.images', shape: 'exempt' },
    kinds.imagePattern,
    'Images that are not judged. `*` stands for a part of one component, `**` at the end for all below.',
  ),
  exemptRegistries: option(
    BOTH,
    { key: 'exemptions.registries', shape: 'map', keys: kinds.registryPattern },
    kinds.oneOf(['skip', 'warn']),
    'With `skip` a registry is never asked; with `warn` what is found of its images never denies.',
  ),
} as const
