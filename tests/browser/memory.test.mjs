// What is left of a set-up's secrets in the module's memory, on its last screen and after it.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { backupCodes, browser, codeOf, inFirefox, person, press, scan, signUp, title, toQrCode, toSave, typeCode } from './lib.mjs'

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

/** In the page, before any of its scripts: keeps hold of each module's memory. */
function keepMemories() {
  const real = WebAssembly.instantiateStreaming
  window.memories = []
  WebAssembly.instantiateStreaming = async (...given) => {
    const made = await real.apply(WebAssembly, given)
    window.memories.push(Object.values(made.instance.exports).find((one) => one instanceof WebAssembly.Memory))
    return made
  }
}

/** How often each of these stands in the module's memory. */
const found = (page, needles) => page.evaluate((needles) => needles.map((needle) => window.memories.reduce((sum, memory) => {
  const bytes = new Uint8Array(memory.buffer)
  let count = 0
  for (let at = bytes.indexOf(needle[0]); at >= 0; at = bytes.indexOf(needle[0], at + 1)) {
    if (needle.every((byte, place) => bytes[at + place] === byte)) count++
  }
  return sum + count
}, 0)), needles.map((needle) => [...needle]))

function raw(key) {
  const bits = [...key].map((symbol) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(symbol).toString(2).padStart(5, '0')).join('')
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
}

const NAMES = ['the secret', 'its key', 'the key in groups', 'a backup code', 'its symbols', 'their values', 'the code that was typed back']

/** To the backup codes, one of which is typed back; all that is secret by then. */
async function secretsOf(at) {
  await at.page.addInitScript(keepMemories)
  await at.page.reload()
  await signUp(at)
  await toQrCode(at)
  const uri = await scan(at.page)
  const key = new URL(uri).searchParams.get('secret')
  const secrets = [raw(key), Buffer.from(key), Buffer.from(key.match(/.{4}/g).join(' '))]
  assert.ok((await found(at.page, secrets))[0] > 0, 'the search finds what is there')
  await press(at, 'add.done')
  await title(at, 'confirm.title')
  await typeCode(at, codeOf(uri))
  await toSave(at)
  const codes = await backupCodes(at)
  const values = [...codes[3].replaceAll('-', '')].map((symbol) => '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(symbol))
  secrets.push(Buffer.from(codes[3]), Buffer.from(codes[3].replaceAll('-', '')), Buffer.from(values), Buffer.from(codes[0]))
  assert.ok((await found(at.page, secrets))[5] > 0, 'the codes are there as long as they are shown')
  await at.page.locator('#nidan-backup').fill(codes[0])
  return secrets
}

async function nothingIsLeft(at, secrets, when) {
  const left = await found(at.page, secrets)
  assert.deepEqual(NAMES.filter((_, place) => left[place] > 0), [], `${when}: ${left}`)
}

test('secrets leave the module’s memory with the step that needs them', { skip: inFirefox }, async () => {
  const at = await person(shared, { lang: 'en' })
  const secrets = await secretsOf(at)
  await press(at, 'codes.finish')
  await title(at, 'done.title')
  await nothingIsLeft(at, secrets, 'on the last screen')
})

test('and with a set-up that is given up', { skip: inFirefox }, async () => {
  const at = await person(shared, { lang: 'en' })
  const secrets = await secretsOf(at)
  await at.page.evaluate(() => document.querySelector('nidan-flow').remove())
  await at.page.waitForTimeout(200)
  await nothingIsLeft(at, secrets, 'off the page')
})
