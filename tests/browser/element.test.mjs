// The element on pages of all kinds: what it takes, what it tells, and where it may go.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TOKEN, element, hears, hostPage } from './host.mjs'
import { browser, inFirefox } from './lib.mjs'

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
  ['purpose', 'purpose="remove"', 'purpose', ['enroll', 'verify', 'manage', 'approve']],
  ['tree', 'dom="closed"', 'dom', ['light', 'shadow']],
  ['URL', 'complete-url="javascript:alert(1)"', 'complete-url', 'an http(s) URL'],
]) {
  test(`a wrong ${what} is told once, by name and with what is allowed, and the fallback stays`, async () => {
    const at = await hostPage(shared, element(attributes))
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

test('a language that there is none of is English', async () => {
  const at = await hostPage(shared, element('locale="it" purpose="verify"').replace('locale="en" ', ''))
  await hears(at.page, 'ready')
  assert.equal(await at.page.locator('nidan-flow .nidan').getAttribute('lang'), 'en')
  assert.deepEqual(at.lines, [], 'and no error')
  await at.context.close()
})

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
  assert.match(await refused({ ...good, purpose: 'remove' }), /^TypeError: options: .*`remove`.*`verify`/)
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
  // What a class or a prototype has counts as well, and what was checked is what is called.
  await at.page.evaluate((good) => new Promise((done) => {
    const callbacks = { onReady: () => done() }
    window.widget = mount(document.querySelector('#place'), Object.create(good), callbacks)
    callbacks.onReady = () => { throw new Error('not the one that was given') }
  }), good)
  await at.page.evaluate(() => widget.unmount())
  // Also from inside of a callback.
  await at.page.evaluate((good) => new Promise((done) => {
    const other = mount(document.querySelector('#place'), good, { onReady: () => other.cancel(), onCancel: () => { other.unmount(); other.unmount(); done() } })
  }), good)
  await at.page.waitForFunction(() => !document.querySelector('nidan-flow'))
  assert.deepEqual(at.lines, [])
  await at.context.close()
})

test('what has left the page says nothing more', async () => {
  const at = await hostPage(shared, element('purpose="verify"'), { setUp: "addEventListener('nidan-ready', ({ target }) => target.cancel())" })
  await hears(at.page, 'cancel')
  await at.page.evaluate(() => new Promise((done) => setTimeout(done, 50)))
  assert.deepEqual(await at.heard('step'), [])
  await at.context.close()
})

test('a complete-url that has become wrong is told, and nothing is posted', async () => {
  const at = await hostPage(shared, element('purpose="verify" complete-url="/done"'), {
    setUp: `addEventListener('nidan-complete', (event) => { event.stopImmediatePropagation(); heard.push(['complete', event.detail]) }, { capture: true })
      service.answering({ '/v1/flow': () => service.login([service.app()]), '/v1/flow/verification': { outcome: 'verified', backup_codes_left: 9, result_code: 'r'.repeat(43) } })`,
  })
  await hears(at.page, 'ready')
  await at.page.evaluate(() => { document.querySelector('nidan-flow').completeUrl = 'javascript:alert(1)' })
  await field(at.page).fill('123456')
  await field(at.page).press('Enter')
  await hears(at.page, 'error')
  assert.deepEqual((await at.heard('error')).map(({ reason, option }) => [reason, option]), [['option', 'complete-url']])
  assert.match(at.page.url(), /host\/page\.html$/)
  await at.context.close()
})
