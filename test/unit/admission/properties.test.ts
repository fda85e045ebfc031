import {
  assert,
  dictionary,
  jsonValue,
  object,
  option,
  property,
  record,
  string,
  array,
  constantFrom,
} from 'fast-check'
import { test } from 'vitest'

import { readAdmissionReview, respond } from '../../../src/engine/admission/index.ts'
import { request } from './build.ts'

const anyText = string({ unit: 'binary', maxLength: 6000 })

test('no body makes the reader throw', () => {
  const review = record({
    apiVersion: constantFrom('admission.k8s.io/v1', 'admission.k8s.io/v1beta1', 'v1'),
    kind: constantFrom('AdmissionReview', 'Pod'),
    request: option(
      object({ key: constantFrom('uid', 'operation', 'kind', 'userInfo', 'groups', 'name', '__proto__') }),
    ),
  })
  assert(property(jsonValue(), (body) => void readAdmissionReview(body)))
  assert(property(review, (body) => void readAdmissionReview(body)))
})

test('every answer is one that the API server takes', () => {
  const answers = record({
    denial: option(anyText, { nil: undefined }),
    warnings: array(anyText, { maxLength: 40 }),
    annotations: dictionary(string({ maxLength: 80 }), anyText),
  })
  assert(
    property(answers, (answer) => {
      const { response } = respond(request(), answer)
      if (response.allowed !== (answer.denial === undefined)) return false
      const warnings = response.warnings ?? []
      const total = warnings.reduce((sum, warning) => sum + Array.from(warning).length, 0)
      const clean = warnings.every((warning) => warning.isWellFormed() && !/\p{Cc}/u.test(warning))
      const keys = Object.keys(response.auditAnnotations ?? {})
      return total <= 4096 && clean && keys.every((key) => key.length <= 63 && /^[\w.-]+$/.test(key))
    }),
    { numRuns: 200 },
  )
})
