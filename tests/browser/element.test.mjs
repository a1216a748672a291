// The element on pages of all kinds: what it takes, what it tells, and what it does when something is wrong.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TOKEN, element, hears, hostPage } from './host.mjs'
import { browser, inFirefox, url } from './lib.mjs'

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

const field = (page) => page.getByLabel('6\u2011digit code')

test('it says that it is ready, each step, and nothing secret', async () => {
  const at = await hostPage(shared, element('purpose="enroll"'), { purpose: 'enroll' })
  await hears(at.page, 'ready')
  await at.page.getByRole('button', { name: 'Start', exact: true }).click()
  await at.page.getByRole('button', { name: 'Use an authenticator app' }).click()
  await at.page.getByRole('button', { name: 'I have one' }).click()
  await hears(at.page, 'step', 4)
  const key = await at.page.evaluate(() => document.querySelector('[part=key]').textContent.replaceAll(' ', ''))
  assert.equal(key.length, 32)
  const told = await at.page.evaluate(() => heard)
  assert.deepEqual(told.map(([name, detail]) => `${name} ${detail?.step}`), ['ready start', 'step start', 'step method', 'step get-app', 'step add-account'])
  for (const [, , bubbles, composed] of told) assert.ok(bubbles && composed)
  assert.ok(!JSON.stringify(told).includes(key))
  assert.deepEqual(at.lines, [])
  await at.context.close()
})

test('every attribute is a property, also one that was set before the script came', async () => {
  const at = await hostPage(shared, '<nidan-flow><p id="fallback">Old</p></nidan-flow>', {
    setUp: `const early = document.querySelector('nidan-flow')
      Object.assign(early, { service: '/gallery-service', flowToken: '${TOKEN}', purpose: 'verify', locale: 'en', manualSubmit: true })`,
  })
  await hears(at.page, 'ready')
  const found = await at.page.evaluate(() => {
    const one = document.querySelector('nidan-flow')
    return [one.getAttribute('flow-token'), one.hasAttribute('manual-submit'), one.purpose, one.completeUrl, Object.keys(one).includes('flowToken')]
  })
  assert.deepEqual(found, [TOKEN, true, 'verify', null, false])
  await at.context.close()
})

for (const [what, attributes, option, allowed] of [
  ['purpose', 'purpose="manage"', 'purpose', ['verify', 'enroll']],
  ['language', 'locale="xx"', 'locale', ['en', 'ja', 'zh-Hans', 'zh-Hant', 'ko', 'es', 'fr', 'de', 'pt-BR', 'vi', 'ar']],
  ['tree', 'dom="closed"', 'dom', ['light', 'shadow']],
  ['URL', 'complete-url="javascript:alert(1)"', 'complete-url', 'an http(s) URL'],
]) {
  test(`a wrong ${what} is told once, by name and with what is allowed, and the fallback stays`, async () => {
    const body = element(attributes).replace(what === 'language' ? 'locale="en" ' : '~', '')
    const at = await hostPage(shared, body)
    await hears(at.page, 'error')
    const [{ reason, message, ...detail }, ...more] = await at.heard('error')
    assert.deepEqual(detail, { option, allowed })
    assert.equal(reason, 'option')
    assert.deepEqual(more, [])
    assert.equal(at.lines.length, 1)
    assert.match(at.lines[0], new RegExp(`"${option}" must be ${[allowed].flat().join(', ').replace(/[()]/g, '\\$&')}`))
    assert.ok(await at.page.locator('#fallback').isVisible())
    await at.context.close()
  })
}

test('the script twice, and twice on a page: each element has names of its own', async () => {
  const at = await hostPage(shared, element('purpose="verify"') + element('purpose="verify"'), { setUp: "await import('/nidan/nidan-flow.js?again')" })
  await hears(at.page, 'ready', 2)
  const ids = await at.page.evaluate(() => [...document.querySelectorAll('[id]')].map(({ id }) => id))
  assert.equal(new Set(ids).size, ids.length, ids.join(' '))
  for (const nth of [0, 1]) {
    await field(at.page).nth(nth).fill(`12${nth}`)
    assert.equal(await at.page.locator('nidan-flow').nth(nth).locator('input').first().inputValue(), `12${nth}`)
  }
  assert.deepEqual(at.lines, [])
  await at.context.close()
})

test('moved on the page it goes on where it was; taken away and put back it begins anew', async () => {
  const at = await hostPage(shared, `<div id="one">${element('purpose="verify"')}</div><div id="two"></div>`)
  await hears(at.page, 'ready')
  await field(at.page).fill('123')
  await at.page.evaluate(() => document.querySelector('#two').append(document.querySelector('nidan-flow')))
  await at.page.waitForTimeout(50)
  assert.equal(await at.page.locator('#two nidan-flow input').first().inputValue(), '123')
  await at.page.evaluate(() => { window.kept = document.querySelector('nidan-flow'); kept.remove() })
  await at.page.waitForTimeout(50)
  assert.deepEqual(await at.page.evaluate(() => [...kept.children].map(({ id }) => id)), ['fallback'])
  await at.page.evaluate(() => document.querySelector('#one').append(kept))
  await hears(at.page, 'ready', 2)
  assert.equal(await field(at.page).inputValue(), '')
  assert.deepEqual(at.lines, [])
  await at.context.close()
})

test('a new flow token begins anew; an attribute that is read later does not', async () => {
  const at = await hostPage(shared, element('purpose="verify"'))
  await hears(at.page, 'ready')
  await field(at.page).fill('123')
  await at.page.evaluate(() => { document.querySelector('nidan-flow').completeUrl = '/elsewhere' })
  await at.page.waitForTimeout(50)
  assert.equal(await field(at.page).inputValue(), '123')
  await at.page.evaluate(() => { document.querySelector('nidan-flow').flowToken = 'n'.repeat(43) })
  await hears(at.page, 'ready', 2)
  assert.equal(await field(at.page).inputValue(), '')
  await at.context.close()
})

test('cancelled it gives the page its own words back, unless the page prevents it', async () => {
  const at = await hostPage(shared, element('purpose="verify"'))
  await hears(at.page, 'ready')
  const cancel = () => at.page.evaluate(() => document.querySelector('nidan-flow').cancel())
  await at.page.evaluate(() => addEventListener('nidan-cancel', (event) => event.preventDefault(), { once: true }))
  assert.equal(await cancel(), false)
  assert.ok(await field(at.page).isVisible())
  assert.equal(await cancel(), true)
  assert.ok(await at.page.locator('#fallback').isVisible())
  assert.equal(await cancel(), false, 'there is nothing left to cancel')
  await at.page.evaluate(() => document.querySelector('nidan-flow').start())
  await hears(at.page, 'ready', 2)
  await at.page.evaluate(() => document.activeElement.blur())
  assert.ok(await at.page.evaluate(() => document.querySelector('nidan-flow').focusFirst()))
  assert.equal(await at.page.evaluate(() => document.activeElement.id), 'nidan-code')
  await at.context.close()
})

test('a flow that is over is told', async () => {
  const at = await hostPage(shared, element('purpose="verify"'), { setUp: "service.answering({ '/v1/flow': service.refused('flow_expired', {}, 401) })" })
  await hears(at.page, 'expired')
  await at.page.getByRole('heading', { name: 'Time is up' }).waitFor()
  await at.context.close()
})

test('far below, it waits until it comes near', async () => {
  const at = await hostPage(shared, `<div id="high"></div>${element('purpose="verify" loading="lazy"')}`,
    { setUp: "document.querySelector('#high').style.height = '4000px'" })
  await at.page.waitForFunction(() => window.loaded)
  await at.page.waitForTimeout(300)
  const fetched = () => at.page.evaluate(() => performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.wasm')).length)
  assert.equal(await fetched(), 0)
  assert.ok(await at.page.locator('#fallback').count())
  await at.page.evaluate(() => scrollTo(0, 3000))
  await hears(at.page, 'ready')
  assert.equal(await fetched(), 1)
  await at.context.close()
})

test('the host’s own words: by property, by markup, as text, and an unknown key is told', async () => {
  const json = JSON.stringify({ 'login.submit': 'Let me <b>in</b>', 'login.tilte': 'typo' }).replaceAll('<', '\\u003c')
  const at = await hostPage(shared, element('purpose="verify"', `<p>Old</p><script type="application/json">${json}</script>`),
    { setUp: "document.querySelector('nidan-flow').messages = { 'login.title': 'Your 6 digits' }" })
  await hears(at.page, 'ready')
  await at.page.getByRole('heading', { name: 'Your 6 digits' }).waitFor()
  await at.page.getByRole('button', { name: 'Let me <b>in</b>' }).waitFor()
  const errors = await at.heard('error')
  assert.deepEqual(errors.map(({ option }) => option), ['login.tilte'])
  assert.equal(at.lines.length, 1)
  await at.context.close()
})

for (const [what, spoil, reason] of [
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
]) {
  test(`where ${what}, the fallback stays and the reason is told`, async () => {
    const at = await hostPage(shared, '')
    await spoil(at.page)
    await at.page.reload()
    await at.page.waitForFunction(() => window.loaded)
    await at.page.evaluate((token) => {
      const one = document.createElement('nidan-flow')
      for (const [name, value] of Object.entries({ service: '/gallery-service', 'flow-token': token, locale: 'en', purpose: 'verify' })) one.setAttribute(name, value)
      one.append(Object.assign(document.createElement('p'), { id: 'fallback', textContent: 'Old' }))
      document.body.append(one)
    }, TOKEN)
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

test('taken out, told something else and put back at once, it begins with what it was told', async () => {
  const at = await hostPage(shared, element('purpose="verify"'))
  await hears(at.page, 'ready')
  await field(at.page).fill('123')
  await at.page.evaluate(() => {
    const one = document.querySelector('nidan-flow')
    one.remove()
    one.flowToken = 'n'.repeat(43)
    document.body.append(one)
  })
  await hears(at.page, 'ready', 2)
  assert.equal(await field(at.page).inputValue(), '')
  await at.context.close()
})

test('it takes the focus from nobody who is typing elsewhere', async () => {
  const at = await hostPage(shared, `<label>Search <input id="search" autofocus></label>${element('purpose="verify" loading="lazy"')}`,
    { setUp: "document.querySelector('#search').focus()" })
  await hears(at.page, 'ready')
  await at.page.waitForTimeout(100)
  assert.equal(await at.page.evaluate(() => document.activeElement.id), 'search')
  assert.ok(await at.page.evaluate(() => document.querySelector('nidan-flow').focusFirst()))
  assert.equal(await at.page.evaluate(() => document.activeElement.id), 'nidan-code')
  await at.context.close()
})

test('a field of the page’s own, inside of its form: its code is posted by nobody', async () => {
  for (const dom of ['light', 'shadow']) {
    const at = await hostPage(shared, `<form id="around">${element(`purpose="verify" dom="${dom}"`, '<label for="own">Code</label><input id="own" name="code" autocomplete="one-time-code">')}</form>`, {
      setUp: "window.posted = 0; document.querySelector('#around').addEventListener('submit', (event) => { event.preventDefault(); posted += 1 })",
    })
    await hears(at.page, 'ready')
    const input = at.page.locator('nidan-flow input[autocomplete~="one-time-code"]')
    await input.fill('12')
    await input.press('Enter')
    await at.page.getByRole('alert').filter({ hasText: '6 digits' }).waitFor()
    assert.deepEqual(await at.page.evaluate(() => [posted, [...new FormData(document.querySelector('#around')).keys()]]), [0, []])
    await at.context.close()
  }
})

test('where the policy forbids WebAssembly, the fallback stays and the reason is told', async () => {
  const at = await hostPage(shared, element('purpose="verify"'), { policy: "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'" })
  await hears(at.page, 'error')
  const [{ reason }] = await at.heard('error')
  assert.equal(reason, 'blocked')
  assert.ok(await at.page.locator('#fallback').isVisible())
  await at.context.close()
})

for (const dom of ['light', 'shadow']) {
  test(`password managers and autofill find the field (${dom})`, async () => {
    const at = await hostPage(shared, `<form id="around">${element(`purpose="verify" dom="${dom}"`)}</form>`, {
      setUp: `window.posted = 0; document.querySelector('#around').addEventListener('submit', (event) => { event.preventDefault(); posted += 1 })
        service.answering({ '/v1/flow': () => service.login([service.app()]), '/v1/flow/verification': { outcome: 'verified', backup_codes_left: 9, result_code: 'r'.repeat(43) } })`,
    })
    await hears(at.page, 'ready')
    // As managers do it: every field of the document, by the native setter, and no key pressed.
    const filled = await at.page.evaluate(() => {
      const [input, ...more] = document.querySelectorAll('input[autocomplete~="one-time-code"]')
      if (more.length || input.getRootNode() !== document || input.type !== 'text' || input.inputMode !== 'numeric') return false
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, '123456')
      for (const name of ['input', 'change']) input.dispatchEvent(new Event(name, { bubbles: true }))
      return input.checkVisibility()
    })
    assert.equal(filled, true)
    await at.page.locator('nidan-flow input[autocomplete~="one-time-code"]').press('Enter')
    await hears(at.page, 'complete')
    assert.deepEqual((await at.heard('complete'))[0], { resultCode: 'r'.repeat(43), outcome: 'verified' })
    assert.equal(await at.page.evaluate(() => posted), 0, 'the form around it is the host’s own')
    await at.context.close()
  })

  test(`a phone number can be filled in by the browser (${dom})`, async () => {
    const at = await hostPage(shared, element(`purpose="enroll" dom="${dom}"`), { purpose: 'enroll' })
    await at.page.getByRole('button', { name: 'Start', exact: true }).click()
    await at.page.getByRole('button', { name: 'Use SMS' }).click()
    const input = at.page.locator('nidan-flow input[autocomplete="tel"]')
    await input.waitFor()
    assert.equal(await input.evaluate((one) => one.getRootNode() === document && one.inputMode === 'tel'), true)
    await at.page.getByText('Country:').waitFor()
    await input.evaluate((one) => { one.value = '+81 90-1234-5678'; one.dispatchEvent(new Event('input', { bubbles: true })) })
    await at.page.getByText('It goes to +81 90-1234-5678').waitFor()
    await at.context.close()
  })

  test(`it works in a dialog, in a frame, and inside of another element’s tree (${dom})`, async () => {
    const at = await hostPage(shared, `<dialog>${element(`purpose="verify" dom="${dom}"`)}</dialog><div id="outer"></div>`, {
      setUp: `document.querySelector('dialog').showModal()
        const inner = document.querySelector('nidan-flow').cloneNode(true)
        document.querySelector('#outer').attachShadow({ mode: 'open' }).append(inner)`,
    })
    await hears(at.page, 'ready', 2)
    assert.ok(await at.page.locator('dialog nidan-flow h2').isVisible())
    const looks = await at.page.evaluate(() => [document.querySelector('dialog nidan-flow'), document.querySelector('#outer').shadowRoot.querySelector('nidan-flow')]
      .map((one) => getComputedStyle((one.shadowRoot ?? one).querySelector('[part~=button-main]')).minHeight))
    assert.deepEqual(looks, ['44px', '44px'])
    await at.page.evaluate(() => document.body.append(Object.assign(document.createElement('iframe'), { src: '/host/inner.html', title: 'inner', width: 480, height: 640 })))
    await at.page.frameLocator('iframe').getByRole('heading', { name: 'Type your code' }).first().waitFor()
    await at.context.close()
  })
}

test('in its own tree the label leads to the field, and what is wrong is told with it', async () => {
  const at = await hostPage(shared, element('purpose="verify" dom="shadow"'))
  await hears(at.page, 'ready')
  await at.page.evaluate(() => document.activeElement.blur())
  await at.page.locator('nidan-flow label[for]').click()
  assert.equal(await at.page.evaluate(() => document.activeElement.id), 'nidan-code')
  await at.page.locator('#nidan-code').fill('12')
  await at.page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await at.page.getByRole('alert').filter({ hasText: '6 digits' }).waitFor()
  const [name, said, invalid] = await at.page.locator('#nidan-code').evaluate((one) => [one.ariaLabel, one.ariaDescription, one.ariaInvalid])
  assert.equal(name, '6\u2011digit code')
  assert.match(said, /The code has 6 digits; you typed 2/)
  assert.equal(invalid, 'true')
  // Nothing stays behind when it is taken away.
  await at.page.evaluate(() => document.querySelector('nidan-flow').cancel())
  assert.equal(await at.page.locator('nidan-flow input').count(), 0)
  assert.ok(await at.page.locator('#fallback').isVisible())
  await at.context.close()
})

test('put in and taken out a thousand times it leaves nothing behind', { skip: inFirefox && 'counts by Chromium’s own protocol' }, async () => {
  const at = await hostPage(shared, '', {
    setUp: `const real = WebAssembly.instantiateStreaming
      WebAssembly.instantiateStreaming = async (...all) => { const made = await real(...all); window.memory = Object.values(made.instance.exports).find((one) => one instanceof WebAssembly.Memory); return made }`,
  })
  const cycles = (count) => at.page.evaluate(async ([count, token]) => {
    for (let nth = 0; nth < count; nth++) {
      const one = document.createElement('nidan-flow')
      for (const [name, value] of Object.entries({ service: '/gallery-service', 'flow-token': token, locale: 'en', purpose: 'verify', dom: nth % 2 ? 'shadow' : 'light' })) one.setAttribute(name, value)
      const ready = new Promise((done) => one.addEventListener('nidan-ready', done))
      document.body.append(one)
      await ready
      one.remove()
      await new Promise((done) => setTimeout(done))
    }
    heard.length = 0
    return window.memory.buffer.byteLength
  }, [count, TOKEN])
  const protocol = await at.context.newCDPSession(at.page)
  const counted = async () => {
    for (let turn = 0; turn < 3; turn++) await protocol.send('HeapProfiler.collectGarbage')
    const { nodes, jsEventListeners } = await protocol.send('Memory.getDOMCounters')
    return { nodes, jsEventListeners }
  }
  await at.page.waitForFunction(() => window.loaded)
  const memory = await cycles(100)
  const before = await counted()
  assert.equal(await cycles(900), memory, 'the module’s memory grew')
  const afterwards = await counted()
  console.log(`# nodes ${before.nodes} → ${afterwards.nodes}, listeners ${before.jsEventListeners} → ${afterwards.jsEventListeners}, module ${memory} bytes`)
  assert.ok(afterwards.nodes <= before.nodes, `${afterwards.nodes - before.nodes} nodes stayed`)
  assert.ok(afterwards.jsEventListeners <= before.jsEventListeners)
  await at.context.close()
})

test('by a function call: options and callbacks are checked by name', async () => {
  const at = await hostPage(shared, '<div id="place"></div>', { setUp: "window.mount = (await import('/nidan/mount.js')).mount" })
  await at.page.waitForFunction(() => window.loaded)
  const refused = (options, callbacks) => at.page.evaluate(([options, callbacks]) => {
    try {
      mount(document.querySelector('#place'), options, callbacks)
      return 'taken'
    } catch (error) { return `${error.name}: ${error.message}` }
  }, [options, callbacks])
  const good = { service: '/gallery-service', flowToken: TOKEN, purpose: 'verify', locale: 'en' }
  assert.match(await refused({ ...good, flowTokn: 'x' }), /^TypeError: there is no option `flowTokn`; there are service, flowToken, /)
  assert.match(await refused({ ...good, purpose: 'manage' }), /^TypeError: options: .*`manage`.*`verify`/)
  assert.match(await refused({ ...good, flowToken: 5 }), /^TypeError: options: .*string/)
  assert.match(await refused({ service: '/x' }), /^TypeError: options: .*flowToken/)
  assert.match(await refused(good, { onDone: 1 }), /^TypeError: there is no callback `onDone`; there are onReady, /)
  assert.match(await refused(good, { onReady: 1 }), /^TypeError: callback `onReady` must be a function/)
  assert.equal(await at.page.locator('nidan-flow').count(), 0)
  await at.page.evaluate((good) => new Promise((onReady) => {
    window.steps = []
    window.widget = mount(document.querySelector('#place'), { ...good, dom: 'shadow', manualSubmit: true, messages: { 'login.title': 'Mounted' } },
      { onReady, onStep: ({ step }) => steps.push(step), onCancel: (_, event) => { if (!window.may) event.preventDefault() } })
  }), good)
  await at.page.getByRole('heading', { name: 'Mounted' }).waitFor()
  assert.deepEqual(await at.page.evaluate(() => [steps, widget.element.tagName, widget.cancel(), (window.may = true), widget.cancel()]), [['code'], 'NIDAN-FLOW', false, true, true])
  await at.page.evaluate(() => widget.unmount())
  assert.equal(await at.page.locator('nidan-flow').count(), 0)
  // Also from inside of a callback.
  await at.page.evaluate((good) => new Promise((done) => {
    const other = mount(document.querySelector('#place'), good, { onReady: () => other.cancel(), onCancel: () => { other.unmount(); other.unmount(); done() } })
  }), good)
  await at.page.waitForFunction(() => !document.querySelector('nidan-flow'))
  assert.deepEqual(at.lines, [])
  await at.context.close()
})
