import { describe, expect, test } from 'vitest'
import { addressKind, addressList, isLoopbackName } from '../../../src/edges/registry/addresses.ts'

describe('addresses', () => {
  const kinds = {
    forbidden: [
      '169.254.169.254',
      '0.0.0.0',
      '0.1.2.3',
      '224.0.0.1',
      '255.255.255.255',
      '100.100.100.200',
      '168.63.129.16',
      '::',
      'fe80::1',
      'fe80::1%eth0',
      'febf::1',
      'ff02::1',
      'fd00:ec2::254',
      '::ffff:169.254.169.254',
      '::ffff:a9fe:a9fe',
      '::a9fe:a9fe',
      '64:ff9b::169.254.169.254',
      '2002:a9fe:a9fe::1',
      'not an address',
      '',
    ],
    loopback: ['127.0.0.1', '127.255.0.1', '::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1'],
    plain: [
      '10.0.0.1',
      '192.168.1.1',
      '100.100.100.201',
      '8.8.8.8',
      '169.253.255.255',
      'fd00::1',
      '2001:db8::1',
      '::ffff:10.0.0.1',
    ],
  }
  for (const [kind, addresses] of Object.entries(kinds)) {
    test.each(addresses)(`${kind}: %s`, (address) => {
      expect(addressKind(address)).toBe(kind)
    })
  }

  test('what the operator allows', () => {
    const allowed = addressList(['169.254.1.0/24', 'fe80::1', '10.0.0.7'])
    const asked = ['169.254.1.9', '169.254.2.9', 'fe80::1', 'fe80::1%eth0', 'fe80::2', '10.0.0.7', '10.0.0.8', 'x']
    expect(asked.map((address) => allowed(address))).toEqual([true, false, true, true, false, true, false, false])
  })

  test.each(['10.0.0.0/33', 'registry.test', '10.0.0.0/', '10.0.0.0/8/8', '', '::/129'])(
    'is no address: %s',
    (entry) => {
      expect(() => addressList([entry])).toThrow(RangeError)
    },
  )

  test.each([
    ['localhost', true],
    ['LOCALHOST', true],
    ['127.0.0.1', true],
    ['[::1]', true],
    ['localhost.example', false],
    ['10.0.0.1', false],
  ])('containerd’s loopback: %s', (name, want) => {
    expect(isLoopbackName(name)).toBe(want)
  })
})
