// The browser's side of the key agreement, by vectors that another implementation wrote.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { agree } from '../../public/nidan/set-up.js'

const vectors = JSON.parse(readFileSync(new URL('../../crates/otp/tests/vectors/derivation.json', import.meta.url), 'utf8'))
const CURVE = { name: 'ECDH', namedCurve: 'P-256' }
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'))

/** The key pair of a vector, as the browser makes its own. */
async function pair(vector) {
  const [, x, y] = /^04(.{64})(.{64})$/.exec(vector.client_public_key_hex)
  const text = (hex) => Buffer.from(hex, 'hex').toString('base64url')
  const jwk = { kty: 'EC', crv: 'P-256', x: text(x), y: text(y) }
  return {
    publicKey: await crypto.subtle.importKey('jwk', jwk, CURVE, true, []),
    privateKey: await crypto.subtle.importKey('jwk', { ...jwk, d: text(vector.client_private_key_hex) }, CURVE, false, ['deriveBits']),
  }
}

test('agrees with the vectors', async () => {
  assert.ok(vectors.length)
  for (const vector of vectors) {
    const agreed = await agree(bytes(vector.server_public_key_hex), await pair(vector))
    assert.equal(Buffer.from(agreed).toString('hex'), vector.server_public_key_hex + vector.client_public_key_hex + vector.shared_secret_hex)
  }
})

test('makes another key each time', async () => {
  const theirs = bytes(vectors[0].server_public_key_hex)
  const [one, other] = await Promise.all([agree(theirs), agree(theirs)])
  assert.notDeepEqual(one.slice(65, 130), other.slice(65, 130))
  assert.notDeepEqual(one.slice(130), other.slice(130))
})

test('refuses what is no point of the curve', async () => {
  const good = bytes(vectors[0].server_public_key_hex)
  const off = Uint8Array.from(good)
  off[64] ^= 1
  for (const bad of [off, new Uint8Array(65), good.slice(0, 64), new Uint8Array()]) await assert.rejects(agree(bad))
})
