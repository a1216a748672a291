// Narrow windows, long words, large type, and targets that a thumb can hit (WCAG 2.2: 1.4.4, 1.4.10, 1.4.12, 2.5.5).

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { browser, inFirefox } from './lib.mjs'
import { show, states, window } from './gallery.mjs'

/** CSS px: 1280 px at 400 %. */
const NARROW = 320
const TARGET_PX = 44

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

/** What is wider than its window, or cut off. */
const spills = () => {
  const element = document.querySelector('nidan-flow')
  const found = []
  if (document.documentElement.scrollWidth > innerWidth) found.push(`the page is ${document.documentElement.scrollWidth} px wide`)
  for (const one of (element.shadowRoot ?? element).querySelectorAll('.nidan *')) {
    if (!one.checkVisibility() || one.closest('svg')) continue
    const { left, right } = one.getBoundingClientRect()
    const what = `${one.tagName}.${one.className}: ${one.textContent.slice(0, 40)}`
    if (right > innerWidth + 1 || left < -1) found.push(`${what} leaves the window`)
    if (one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX !== 'visible' && one.clientWidth) found.push(`${what} is cut off`)
  }
  return found
}

for (const [what, options] of [['German', { locale: 'de' }], ['Arabic', { locale: 'ar' }], ['Japanese, in a tree of its own', { locale: 'ja', dom: 'shadow' }], ['English that is longer by four tenths', { locale: 'en', long: '1' }]]) {
  test(`at 320 px nothing is cut off: ${what}`, async () => {
    const page = await window(shared, { width: NARROW })
    for (const { name } of states) {
      await show(page, name, options)
      assert.deepEqual(await page.evaluate(spills), [], name)
    }
    await page.context().close()
  })
}

test('with type twice as large, and with wider spacing, nothing is cut off', { skip: inFirefox && 'the setting is Chromium’s' }, async () => {
  const page = await window(shared, { width: 640 })
  const protocol = await page.context().newCDPSession(page)
  await protocol.send('Page.setFontSizes', { fontSizes: { standard: 32, fixed: 32 } })
  for (const { name } of states) {
    await show(page, name, { locale: 'en' })
    assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector('nidan-flow .nidan')).fontSize), '32px')
    await page.evaluate(() => {
      const sheet = new CSSStyleSheet()
      // As the success criterion has it.
      sheet.replaceSync('nidan-flow .nidan.nidan * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }')
      document.adoptedStyleSheets.push(sheet)
    })
    assert.deepEqual(await page.evaluate(spills), [], name)
  }
  await page.context().close()
})

test('every button, field and link is 44 px high', async () => {
  const page = await window(shared)
  for (const { name } of states) {
    await show(page, name, { locale: 'en' })
    const small = await page.evaluate((least) => [...document.querySelectorAll('nidan-flow .nidan :is(button, summary, a, label:has(input), input:not([type=checkbox]))')]
      .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < least)
      .map((one) => `${one.tagName}.${one.className} ${one.getBoundingClientRect().height}: ${one.textContent.slice(0, 40)}`), TARGET_PX - 0.5)
    assert.deepEqual(small, [], name)
  }
  await page.context().close()
})
