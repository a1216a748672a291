// Bytes and text of passkeys, whoever answers, and what a new one may be called.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { answer, question, suggestion } from '../../public/nidan/passkey.js'

const bytes = (...all) => new Uint8Array(all).buffer

test('what the browser is asked has bytes in the place of text', () => {
  const asked = question({ challenge: '-_8', timeout: 5, user: { id: 'AQ', name: 'hanako' }, excludeCredentials: [{ id: 'Ag', type: 'public-key', transports: ['usb'] }] })
  assert.deepEqual([...asked.challenge], [251, 255])
  assert.deepEqual([...asked.user.id], [1])
  assert.equal(asked.user.name, 'hanako')
  assert.deepEqual([...asked.excludeCredentials[0].id], [2])
  assert.deepEqual(asked.excludeCredentials[0].transports, ['usb'])
  assert.equal(asked.timeout, 5)
  assert.ok(!('allowCredentials' in asked))
})

test('an answer of fields alone, as password managers give it, is text', () => {
  const response = { clientDataJSON: bytes(123, 125), authenticatorData: bytes(251, 255), signature: bytes(1), userHandle: bytes() }
  const said = JSON.parse(answer({ id: '-_8', rawId: bytes(251, 255), response }))
  assert.deepEqual(said, {
    id: '-_8', rawId: '-_8', type: 'public-key', clientExtensionResults: {},
    // There is no user handle, said by an empty one.
    response: { clientDataJSON: 'e30', authenticatorData: '-_8', signature: 'AQ' },
  })
  const made = JSON.parse(answer({ id: 'AQ', rawId: bytes(1), response: { clientDataJSON: bytes(1), attestationObject: bytes(2) } }))
  assert.deepEqual(made.response.transports, [])
})

const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36'

test('a new passkey may be called by what holds it, else by browser and system', () => {
  const held = (...aaguid) => ({ getAuthenticatorData: () => bytes(...Array.from({ length: 37 }, () => 9), ...aaguid, ...Array.from({ length: 12 }, () => 0)) })
  assert.equal(suggestion(CHROME, held(0xfb, 0xfc, 0x30, 0x07)), 'iCloud Keychain')
  assert.equal(suggestion(CHROME, held(0x08, 0x98, 0x70, 0x58)), 'Windows Hello')
  assert.equal(suggestion(CHROME, held(0, 0, 0, 0)), 'Chrome, Windows')
  assert.equal(suggestion(CHROME, { getAuthenticatorData: () => bytes(1) }), 'Chrome, Windows')
  assert.equal(suggestion(CHROME, {}), 'Chrome, Windows')
  assert.equal(suggestion(CHROME, { getAuthenticatorData: () => { throw new TypeError('Illegal invocation') } }), 'Chrome, Windows')
  assert.equal(suggestion('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1', {}), 'Safari, iPhone')
  assert.equal(suggestion('nothing of the kind', {}), '')
})
