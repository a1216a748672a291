// Whoever records everything that a set-up sends and gets (a proxy that ends TLS, a log of bodies) has neither the secret nor a
// backup code of it: what is on the way is tried as an attacker would.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { derive } from './derivation.mjs'
import { backupCodes, browser, codeOf, person, press, scan, signUp, title, toQrCode, toSave, typeCode } from './lib.mjs'
import { recorded } from './proxy.mjs'

/** What the texts may hold: as they stand, as base64url and as hexadecimal, points also by coordinate, and the hash of each. */
function* materials(texts) {
  const words = new Set(texts.flatMap((text) => text.match(/[A-Za-z0-9_-]{16,}/g) ?? []))
  for (const word of words) {
    const forms = [Buffer.from(word), Buffer.from(word, 'base64url'), ...(/^([0-9a-f]{2})+$/i.test(word) ? [Buffer.from(word, 'hex')] : [])]
    for (const form of forms) {
      const parts = form.length === 65 ? [form, form.subarray(1, 33), form.subarray(33), form.subarray(1)] : [form]
      for (const part of parts) yield* [part, createHash('sha256').update(part).digest()]
    }
  }
}

/** Everything that can be derived of what was recorded, by the published derivation and by one without an agreement. */
function* derived(texts) {
  const all = [...new Map([...materials(texts)].map((one) => [one.toString('hex'), one])).values()]
  const [ids, points] = [all.filter(({ length }) => length === 16), all.filter(({ length }) => length === 65)]
  const contexts = [...points.flatMap((server) => points.map((client) => [server, client])), [Buffer.alloc(0), Buffer.alloc(0)]]
  const keys = all.filter(({ length }) => length >= 16 && length <= 65)
  for (const shared of keys) {
    for (const nonce of [Buffer.alloc(0), ...keys.filter(({ length }) => length === 32)]) {
      for (const id of ids) for (const [server, client] of contexts) yield derive({ shared, nonce, id, server, client })
    }
  }
}

/** What of a set-up's secrets comes out of the texts. */
function found(texts, { secret, codes }) {
  const whole = texts.join('\n')
  const forms = [secret.toString('hex'), secret.toString('base64'), secret.toString('base64url'), secret.toString('latin1'), ...codes, ...codes.map((one) => one.replaceAll('-', ''))]
  const plain = forms.filter((form) => whole.includes(form)).map(() => 'in plain')
  for (const made of derived(texts)) {
    if (!made.secret.equals(secret)) continue
    plain.push('secret')
    // They come of the same parts.
    if (made.backupCodes.some((one) => codes.includes(one))) plain.push('backup codes')
  }
  return plain
}

test('a recording of every request and answer does not give the secret away', async () => {
  const [shared, proxy] = await Promise.all([browser(), recorded()])
  try {
    const at = await person(shared, { base: proxy.base })
    // What both sides compute and nobody sends, taken from inside of the page: with it the attempt below must succeed.
    await at.page.addInitScript(() => {
      const own = crypto.subtle.deriveBits.bind(crypto.subtle)
      crypto.subtle.deriveBits = async (...given) => {
        const bits = await own(...given)
        Object.assign(window, { agreed: [...new Uint8Array(bits)] })
        return bits
      }
    })
    await at.page.reload()
    await signUp(at)
    await toQrCode(at)
    const uri = await scan(at.page)
    const agreed = Buffer.from(await at.page.evaluate(() => /** @type {any} */ (window).agreed)).toString('base64url')
    await press(at, 'add.done')
    await title(at, 'confirm.title')
    await typeCode(at, codeOf(uri))
    await toSave(at)
    const codes = await backupCodes(at)
    await at.page.locator('#nidan-backup').fill(codes[0])
    await press(at, 'codes.finish')
    await title(at, 'done.title')

    const key = new URL(uri).searchParams.get('secret')
    const bits = [...key].map((one) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(one).toString(2).padStart(5, '0')).join('')
    const secrets = { secret: Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2))), codes }
    const texts = proxy.texts()
    const posts = texts.filter((text) => text.includes('client_public_key'))
    assert.ok(texts.some((text) => text.includes('server_public_key')) && posts.length === 1, 'both ends were recorded')
    assert.deepEqual(found(texts, secrets), [], 'what was on the way gives nothing away')
    assert.deepEqual([...new Set(found([...texts, agreed], secrets))].sort(), ['backup codes', 'secret'], 'the attempt itself is a real one')
  } finally {
    await shared.close()
    proxy.end()
  }
})
