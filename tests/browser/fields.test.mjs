// Fields as password managers, labels, dialogs and forms of the page meet them, in both trees.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { show, window } from './gallery.mjs'
import { element, hears, hostPage } from './host.mjs'
import { browser } from './lib.mjs'

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

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

test('both trees on one page: each has its look, and its way to begin anew', async () => {
  const at = await hostPage(shared, element('purpose="verify" dom="light"') + element('purpose="verify" dom="shadow"'))
  await hears(at.page, 'ready', 2)
  const looks = await at.page.evaluate(() => [...document.querySelectorAll('nidan-flow')].map((one) => {
    const tree = one.shadowRoot ?? one
    const field = one.querySelector('input[autocomplete~="one-time-code"]')
    return [tree.querySelector('[part~=button-main]'), field].map((part) => getComputedStyle(part)).map(({ backgroundColor, minHeight, fontSize }) => [backgroundColor, minHeight, fontSize].join())
  }))
  assert.deepEqual(looks[0], looks[1])
  assert.match(looks[0][0], /44px/)
  await at.context.close()
})

test('in a tree of its own only what browsers fill in stands outside of it', async () => {
  const page = await window(shared)
  await show(page, 'number-countries', { locale: 'en', dom: 'shadow' })
  const search = page.locator('nidan-flow .nidan-countries').locator('xpath=preceding-sibling::input')
  await search.fill('kor')
  await page.getByRole('button', { name: /Korea/ }).click()
  const outside = await page.evaluate(() => [...document.querySelector('nidan-flow').children].map((one) => one.slot))
  assert.deepEqual(outside, ['nidan-number'])
  const [slots, open] = await page.evaluate(() => {
    const root = document.querySelector('nidan-flow').shadowRoot
    return [[...root.querySelectorAll('slot')].map((one) => one.name), root.querySelector('details').open]
  })
  assert.deepEqual(slots, ['nidan-number'])
  assert.equal(open, false, 'a choice closes the list')
  await page.context().close()
})
