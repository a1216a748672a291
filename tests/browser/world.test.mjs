// Pages of the world: proxies that ask for a password, gates, translators, workers that keep everything, old libraries.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { element, hears, hostPage } from './host.mjs'
import { backupCodes, browser, codeOf, person, press, scan, signOut, signUp, title, toQrCode, toSave, typeCode } from './lib.mjs'
import { proxied, says } from './proxy.mjs'

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

/** From the security page to the end of a set-up. */
async function setUp(at) {
  await toQrCode(at)
  const uri = await scan(at.page)
  await press(at, 'add.done')
  await title(at, 'confirm.title')
  await typeCode(at, codeOf(uri))
  await toSave(at)
  const [code] = await backupCodes(at)
  await at.page.locator('#nidan-backup').fill(code)
  await press(at, 'codes.finish')
  await title(at, 'done.title')
}

async function behind(meddle, walk, options = {}) {
  const { base, end } = await proxied(meddle)
  try {
    const at = await person(shared, { lang: 'en', base, ...options })
    await walk(at)
    await at.context.close()
  } finally {
    end()
  }
}

test('a proxy that asks for a password on every path', () => behind(
  (asked, answer) => asked.headers.authorization !== `Basic ${btoa('gate:open')}` && says(answer, 401, { 'WWW-Authenticate': 'Basic realm="gate"' }),
  async (at) => { await signUp(at); await setUp(at) },
  { more: { httpCredentials: { username: 'gate', password: 'open' } } },
))

test('a gate that sends away whoever lacks its cookie', () => behind(
  (asked, answer) => {
    if (asked.url.startsWith('/gate?')) return says(answer, 302, { 'Set-Cookie': 'gate=ok; Path=/', Location: asked.url.slice('/gate?'.length) })
    return !/gate=ok/.test(asked.headers.cookie ?? '') && says(answer, 302, { Location: `/gate?${asked.url}` })
  },
  async (at) => { await signUp(at); await setUp(at) },
))

test('a proxy that takes Authorization away', () => behind(
  (asked) => { delete asked.headers.authorization },
  async (at) => { await signUp(at); await setUp(at) },
))

test('a proxy that takes the token away: the page’s owner is told, and nobody is told that time is up', () => behind(
  (asked) => { delete asked.headers['nidan-flow'] },
  async (at) => {
    await signUp(at)
    await at.page.locator('#set-up').click()
    await title(at, 'ended.misconfigured-title')
  },
))

test('a worker that keeps every answer: two people in one browser', () => behind(
  (asked, answer) => asked.url === '/keeps.js' && says(answer, 200, { 'Content-Type': 'text/javascript' }, `
    addEventListener('install', () => skipWaiting())
    addEventListener('activate', (event) => event.waitUntil(clients.claim()))
    addEventListener('fetch', (event) => {
      if (event.request.method !== 'GET' || !event.request.url.includes('/2sv/')) return
      event.respondWith(caches.open('all').then(async (kept) => {
        const found = await kept.match(event.request)
        if (found) return found
        const answer = await fetch(event.request)
        await kept.put(event.request, answer.clone())
        return answer
      }))
    })`),
  async (at) => {
    await at.page.evaluate(async () => {
      await navigator.serviceWorker.register('/keeps.js')
      await navigator.serviceWorker.ready
      if (!navigator.serviceWorker.controller) await new Promise((now) => { navigator.serviceWorker.oncontrollerchange = now })
    })
    const first = await signUp(at)
    await toQrCode(at)
    assert.ok(decodeURIComponent(await scan(at.page)).includes(first))
    assert.ok(await at.page.evaluate(async () => (await (await caches.open('all')).keys()).length) > 0, 'the worker keeps')
    await at.page.goto(new URL('/?lang=en', at.page.url()).href)
    await signOut(at)
    const second = await signUp(at)
    await toQrCode(at)
    const uri = decodeURIComponent(await scan(at.page))
    assert.ok(uri.includes(second) && !uri.includes(first), uri)
  },
  // The demo's own policy takes no worker.
  { more: { bypassCSP: true } },
))

test('an old library that gives every list a toJSON', () => behind(() => {}, async (at) => {
  await at.page.addInitScript(() => {
    Object.defineProperty(Array.prototype, 'toJSON', { value() { return `[${this.map((one) => JSON.stringify(one)).join(', ')}]` } })
  })
  await at.page.reload()
  await signUp(at)
  await setUp(at)
}))

/** As [setUp], up to the backup codes. */
async function toCodes(at) {
  await toQrCode(at)
  const uri = await scan(at.page)
  await press(at, 'add.done')
  await typeCode(at, codeOf(uri))
  await toSave(at)
}

test('a browser that prints nothing, as inside of another app, has no button for it', () => behind(() => {}, async (at) => {
  await at.page.addInitScript(() => { window.print = undefined })
  await at.page.reload()
  await signUp(at)
  await toCodes(at)
  await at.page.getByRole('button', { name: at.w['codes.download'] }).waitFor()
  assert.equal(await at.page.getByRole('button', { name: at.w['codes.print'] }).count(), 0)
}))

test('what was printed leaves with its step', () => behind(() => {}, async (at) => {
  // Nothing is printed, in the frame neither, and nobody says that printing is over.
  await at.page.addInitScript(() => { window.print = () => {} })
  await at.page.reload()
  await signUp(at)
  await toCodes(at)
  await press(at, 'codes.print')
  await press(at, 'codes.print')
  assert.equal(await at.page.locator('body > iframe').count(), 1)
  const [code] = await backupCodes(at)
  await at.page.locator('#nidan-backup').fill(code)
  await press(at, 'codes.finish')
  await title(at, 'done.title')
  assert.equal(await at.page.locator('body > iframe').count(), 0)
}))

test('a translator that wraps every text', async () => {
  const at = await hostPage(shared, element('purpose="enroll"'), { purpose: 'enroll' })
  await hears(at.page, 'ready')
  await at.page.getByRole('button', { name: 'Start' }).click()
  await at.page.getByRole('button', { name: 'Use SMS' }).click()
  const number = at.page.locator('#nidan-number')
  const shown = at.page.locator('.nidan-preview')
  await number.fill('+819012345678')
  await shown.filter({ hasText: '+81 90-1234-5678' }).waitFor()
  await at.page.evaluate(() => {
    const texts = document.createTreeWalker(document.querySelector('nidan-flow'), NodeFilter.SHOW_TEXT)
    const all = []
    while (texts.nextNode()) all.push(texts.currentNode)
    for (const text of all) {
      const [outer, inner] = ['font', 'font'].map((name) => document.createElement(name))
      text.replaceWith(outer)
      outer.append(inner)
      inner.append(text)
    }
  })
  await number.fill('+819087654321')
  await shown.filter({ hasText: '+81 90-8765-4321' }).waitFor()
  assert.doesNotMatch(await shown.textContent(), /1234/)
  await at.context.close()
})

test('in Arabic a number is drawn from left to right', async () => {
  const at = await hostPage(shared, element('purpose="enroll"').replace('locale="en"', 'locale="ar"'), { purpose: 'enroll' })
  await hears(at.page, 'ready')
  await at.page.locator('nidan-flow .nidan-main').click()
  await at.page.locator('nidan-flow .nidan-choice button').nth(1).click()
  await at.page.locator('#nidan-number').fill('+819012345678')
  await at.page.locator('.nidan-preview').filter({ hasText: '90-1234-5678' }).waitFor()
  const edges = await at.page.locator('.nidan-preview').evaluate((preview) => {
    const texts = document.createTreeWalker(preview, NodeFilter.SHOW_TEXT)
    const text = texts.nextNode()
    const from = text.data.indexOf('+81')
    return [...'+81 90-1234-5678'].map((_, index) => {
      const range = document.createRange()
      range.setStart(text, from + index)
      range.setEnd(text, from + index + 1)
      return range.getBoundingClientRect().left
    })
  })
  assert.deepEqual(edges, [...edges].sort((one, other) => one - other))
  await at.context.close()
})

for (const account of ['花'.repeat(64), `${'w'.repeat(60)}@x.y`]) {
  test(`a name of 64 characters has a code that is read (${account[0]})`, async () => {
    const at = await hostPage(shared, element('purpose="enroll"'), { purpose: 'enroll', view: { account_name: account, issuer: account.slice(0, 30) } })
    await at.page.setViewportSize({ width: 1280, height: 900 })
    await hears(at.page, 'ready')
    await at.page.getByRole('button', { name: 'Start' }).click()
    await at.page.getByRole('button', { name: 'Use an authenticator app' }).click()
    await at.page.getByRole('button', { name: 'I have one' }).click()
    await at.page.locator('.nidan-qr svg').waitFor()
    await at.page.locator('.nidan-qr').scrollIntoViewIfNeeded()
    assert.ok(decodeURIComponent(await scan(at.page)).includes(account))
    await at.context.close()
  })
}
