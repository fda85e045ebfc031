/**
 * The cloud registries for which nodes commonly hold credentials of their own, through the kubelet's credential providers
 * (their `matchImages`: ecr-credential-provider, gcp-credential-provider, acr-credential-provider).
 */
export const credentialPreset: readonly string[] = [
  '*.dkr.ecr.*.amazonaws.com',
  '*.dkr.ecr.*.amazonaws.com.cn',
  '*.dkr.ecr-fips.*.amazonaws.com',
  '*.dkr.ecr.*.c2s.ic.gov',
  '*.dkr.ecr.*.sc2s.sgov.gov',
  '*.dkr-ecr.*.on.aws',
  'gcr.io',
  '*.gcr.io',
  '*.pkg.dev',
  '*.azurecr.io',
  '*.azurecr.cn',
  '*.azurecr.us',
]
