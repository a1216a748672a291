// What stands in the element when the widget cannot, and why the page is told.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TOKEN, element, hears, hostPage } from './host.mjs'
import { browser } from './lib.mjs'

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

for (const [what, spoil, reason, purpose = 'verify'] of [
  ['the module is not the right one', (page) => page.route('**/nidan-login_bg.wasm', async (route) => {
    const answer = await route.fetch()
    const bytes = Buffer.from(await answer.body())
    bytes[bytes.length - 1] ^= 1
    await route.fulfill({ response: answer, body: bytes })
  }), 'not-loaded'],
  ['its glue is not the right one', (page) => page.route('**/nidan-login.js', async (route) =>
    route.fulfill({ contentType: 'text/javascript', body: `${await (await route.fetch()).text()}\n` })), 'not-loaded'],
  ['the module breaks off', (page) => page.route('**/nidan-login_bg.wasm', (route) => route.abort('connectionreset')), 'not-loaded'],
  ['the words do not come', (page) => page.route('**/locales/*', (route) => route.fulfill({ status: 404 })), 'not-loaded'],
  ['the browser is too old', (page) => page.addInitScript(() => { delete CSSStyleSheet.prototype.replace }), 'not-loaded'],
  ['a set-up stands on a page that others can change', (page) =>
    page.addInitScript(() => Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })), 'insecure', 'enroll'],
]) {
  test(`where ${what}, the fallback stays and the reason is told`, async () => {
    const at = await hostPage(shared, '')
    await spoil(at.page)
    await at.page.reload()
    await at.page.waitForFunction(() => window.loaded)
    await at.page.evaluate(([token, purpose]) => {
      const one = document.createElement('nidan-flow')
      for (const [name, value] of Object.entries({ service: '/gallery-service', 'flow-token': token, locale: 'en', purpose })) one.setAttribute(name, value)
      one.append(Object.assign(document.createElement('p'), { id: 'fallback', textContent: 'Old' }))
      document.body.append(one)
    }, [TOKEN, purpose])
    await hears(at.page, 'error')
    const [told, ...more] = await at.heard('error')
    assert.equal(told.reason, reason)
    assert.ok(told.message)
    assert.deepEqual(more, [])
    assert.equal(at.lines.filter((line) => line.startsWith('nidan-flow: ')).length, 1)
    assert.ok(await at.page.locator('#fallback').isVisible())
    assert.equal(await at.page.locator('nidan-flow input').count(), 0)
    await at.context.close()
  })
}

for (const [purpose, dom] of ['verify', 'enroll', ''].flatMap((purpose) => ['light', 'shadow'].map((dom) => [purpose, dom]))) {
  test(`the fallback gives way to the widget and comes back (${purpose || 'no purpose'}, ${dom})`, async () => {
    const at = await hostPage(shared, element(`${purpose && `purpose="${purpose}"`} dom="${dom}"`, '<p id="fallback">Old</p><form id="plain"></form>'), { purpose: purpose || 'enroll' })
    await hears(at.page, 'ready')
    assert.equal(await at.page.locator('#fallback').isVisible(), false)
    assert.ok(await at.page.evaluate(() => document.querySelector('nidan-flow').cancel()))
    assert.ok(await at.page.locator('#fallback').isVisible())
    assert.equal(await at.page.locator('nidan-flow').evaluate((one) => [...one.children].map(({ id }) => id).join()), 'fallback,plain')
    // And where the module does not come at the second time.
    await at.page.route('**/*_bg.wasm', (route) => route.abort())
    await at.page.reload()
    await hears(at.page, 'error')
    assert.ok(await at.page.locator('#fallback').isVisible())
    assert.equal(await at.page.locator('nidan-flow').evaluate((one) => [...one.children].map(({ id }) => id).join()), 'fallback,plain')
    await at.context.close()
  })
}

test('without a purpose a service that does not answer leaves the fallback', async () => {
  const at = await hostPage(shared, element(), { setUp: "service.answering({ '/v1/flow': service.down })" })
  await hears(at.page, 'error')
  assert.ok(await at.page.locator('#fallback').isVisible())
  await at.context.close()
})

test('where the policy forbids WebAssembly, the fallback stays and the reason is told', async () => {
  const at = await hostPage(shared, element('purpose="verify"'), { policy: "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'" })
  await hears(at.page, 'error')
  const [{ reason }] = await at.heard('error')
  assert.equal(reason, 'blocked')
  assert.ok(await at.page.locator('#fallback').isVisible())
  await at.context.close()
})
