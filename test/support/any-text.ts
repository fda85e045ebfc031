import fc from 'fast-check'

/** Any string, broken surrogates included. (fast-check's own `unit: 'binary'` takes seconds to set up.) */
export function anyText(): fc.Arbitrary<string> {
  const common = fc.integer({ min: 0, max: 0x7f }).map((code) => String.fromCharCode(code))
  const rare = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code))
  return fc.string({ unit: fc.oneof(common, rare), maxLength: 300 })
}
