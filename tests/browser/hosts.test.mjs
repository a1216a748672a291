// Pages with sheets of their own: Bootstrap, Tailwind's preflight, and one that does the worst it can. What the widget looks
// like is the same with and without them, in both trees.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { browser, inFirefox, url } from './lib.mjs'
import { dressed, show, window } from './gallery.mjs'

const STATES = ['start', 'method', 'get-app', 'add-account-key', 'confirm-wrong', 'number-preview', 'phone-code-wrong', 'save-codes-typo', 'save-codes-tick',
  'done', 'login-code', 'login-two-codes', 'login-ways', 'login-backup-typo', 'login-report']

const HOSTS = ['bootstrap', 'tailwind', 'hostile']

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

/** What can be seen of every part: where it is in the widget, how large, and how it is drawn. */
const looks = () => {
  const PROPERTIES = ['display', 'color', 'backgroundColor', 'fontSize', 'fontFamily', 'fontStyle', 'fontWeight', 'lineHeight', 'letterSpacing', 'textTransform',
    'borderTopWidth', 'borderTopColor', 'opacity', 'transform', 'textAlign', 'listStyleType', 'pointerEvents', 'filter', 'stroke', 'fill', 'marginTop', 'paddingLeft']
  const element = document.querySelector('nidan-flow')
  const frame = (element.shadowRoot ?? element).querySelector('.nidan:last-of-type')
  const origin = frame.getBoundingClientRect()
  const fields = element.shadowRoot ? [...element.querySelectorAll(':scope > input')] : []
  return [frame, ...frame.querySelectorAll('*'), ...fields].filter((one) => one.checkVisibility() && one.tagName !== 'SLOT').map((one) => {
    const { x, y, width, height } = one.getBoundingClientRect()
    const style = getComputedStyle(one)
    const before = ['::before', '::after', '::placeholder'].map((part) => getComputedStyle(one, part)).map(({ content, color }) => content + color).join()
    return [`${one.tagName}.${one.className?.baseVal ?? one.className}`, ...[x - origin.x, y - origin.y, width, height].map(Math.round), before, ...PROPERTIES.map((name) => style[name])].join(' | ')
  })
}

for (const dom of ['light', 'shadow']) {
  test(`under Bootstrap, Tailwind and a hostile sheet it looks as it does alone (${dom})`, { skip: inFirefox && 'the same sheets; once is enough' }, async () => {
    const page = await window(shared)
    for (const host of HOSTS) await dressed(page, host)
    for (const state of STATES) {
      await show(page, state, { dom })
      const alone = await page.evaluate(looks)
      for (const host of HOSTS) {
        await show(page, state, { dom, host })
        assert.deepEqual(await page.evaluate(looks), alone, `${state} under ${host}`)
      }
    }
    await page.context().close()
  })
}

test('the hostile sheet does bite: what is not the widget’s is changed', async () => {
  const page = await window(shared)
  await page.goto(`${url}/gallery/frame.html?state=start&host=hostile`)
  await page.waitForFunction(() => document.body.dataset.ready)
  const [button, size] = await page.evaluate(() => {
    const button = document.body.appendChild(document.createElement('button'))
    return [getComputedStyle(button).display, getComputedStyle(document.body.appendChild(document.createElement('p'))).fontSize]
  })
  assert.deepEqual([button, size], ['none', '40px'])
  await page.context().close()
})
