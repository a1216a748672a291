// Every state of the gallery, opened once for each tree and language, with all that is held of it: what screen readers see
// (tests/browser/trees), axe, targets that a thumb can hit, narrow windows, long words and large type (WCAG 2.2: 1.4.4, 1.4.10,
// 1.4.12, 2.5.5). NIDAN_UPDATE=1 writes the trees anew.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { browser, inFirefox } from './lib.mjs'
import { show, states, window } from './gallery.mjs'
import { examineLooks } from './matrix.mjs'

/** CSS px: 1280 px at 400 %. */
const NARROW = 320
const PHONE = 360
const HEIGHT = 740
const TARGET_PX = 44

const folder = new URL('./trees/', import.meta.url)
mkdirSync(folder, { recursive: true })

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

/** Seconds run on while the picture is taken. */
const tree = async (page) => (await page.locator('nidan-flow').ariaSnapshot()).replaceAll(/\b\d+ s\b/g, 'N s')

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

/** Opens each state and holds what `probes` return: findings, none of which there should be. */
async function each(options, probes, width = NARROW, takes = () => true) {
  const page = await window(shared, { width })
  const findings = []
  for (const [nth, { name }] of states.entries()) {
    if (!takes(nth)) continue
    await show(page, name, options)
    for (const probe of probes) findings.push(...(await probe(page, name, nth)).map((finding) => `${name}: ${finding}`))
  }
  await page.context().close()
  return findings
}

const fitsNarrow = async (page) => {
  await page.setViewportSize({ width: NARROW, height: HEIGHT })
  const found = await page.evaluate(spills)
  await page.setViewportSize({ width: PHONE, height: HEIGHT })
  return found
}

const hasTheTree = async (page, name) => {
  const now = await tree(page)
  const file = new URL(`${name}.yml`, folder)
  if (process.env.NIDAN_UPDATE) writeFileSync(file, `${now}\n`)
  return readFileSync(file, 'utf8') === `${now}\n` ? [] : [`another tree:\n${now}`]
}

const hasLargeTargets = (page) => page.evaluate((least) => [...document.querySelectorAll('nidan-flow .nidan :is(button, summary, a, label:has(input), input:not([type=checkbox]))')]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < least)
  .map((one) => `${one.tagName}.${one.className} ${one.getBoundingClientRect().height}: ${one.textContent.slice(0, 40)}`), TARGET_PX - 0.5)

/** With type twice as large, and with wider spacing. The setting is Chromium's. */
const fitsLarge = async (page) => {
  const protocol = await page.context().newCDPSession(page)
  const sized = (standard) => protocol.send('Page.setFontSizes', { fontSizes: { standard, fixed: standard } })
  await page.setViewportSize({ width: 640, height: HEIGHT })
  await sized(32)
  const size = await page.evaluate(() => {
    const sheet = new CSSStyleSheet()
    // As the success criterion has it.
    sheet.replaceSync('nidan-flow .nidan.nidan * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }')
    document.adoptedStyleSheets.push(sheet)
    return getComputedStyle(document.querySelector('nidan-flow .nidan')).fontSize
  })
  const found = [...(size === '32px' ? [] : [`the type has ${size}`]), ...await page.evaluate(spills)]
  await sized(16)
  await page.setViewportSize({ width: PHONE, height: HEIGHT })
  await protocol.detach()
  return found
}

/** Every look of every state in every language and tree, where all is asked for. */
const IN_FULL = process.env.NIDAN_FULL
/** Else some take every second state, and their like the others. */
const everySecond = (half) => (nth) => IN_FULL || nth % 2 === half

test('in English: the tree that was looked at, axe, targets of 44 px, type twice as large', async () => {
  const looks = (page, name, nth) => examineLooks(page, name, IN_FULL ? {} : { nth })
  assert.deepEqual(await each({ locale: 'en' }, [hasTheTree, hasLargeTargets, looks, ...(inFirefox ? [] : [fitsLarge])], PHONE), [])
  assert.deepEqual(readdirSync(folder).sort(), states.map(({ name }) => `${name}.yml`).sort(), 'a tree of no state')
})

test('in English, in a tree of its own: the same words in the same order, and nothing is cut off at 320 px', async () => {
  const words = (tree) => tree.match(/"[^"]*"|: .+/g) ?? []
  const saysTheSame = async (page, name) => {
    const light = words(readFileSync(new URL(`${name}.yml`, folder), 'utf8').trimEnd())
    const own = words(await tree(page))
    return JSON.stringify(own) === JSON.stringify(light) ? [] : [`${own}`]
  }
  assert.deepEqual(await each({ locale: 'en', dom: 'shadow' }, [saysTheSame, fitsNarrow], PHONE, everySecond(0)), [])
})

test('in Arabic, in a tree of its own: axe, and nothing is cut off at 320 px', async () => {
  const looks = (page, name) => examineLooks(page, name, { themes: [''], schemes: ['light'] })
  assert.deepEqual(await each({ locale: 'ar', dom: 'shadow' }, [looks, fitsNarrow], PHONE, everySecond(1)), [])
})

// German is long by itself: it takes every second state, and English that is made longer the others.
for (const [what, options, takes] of [
  ['German', { locale: 'de' }, everySecond(0)],
  ['Japanese, in a tree of its own', { locale: 'ja', dom: 'shadow' }],
  ['English that is longer by four tenths', { locale: 'en', long: '1' }, everySecond(1)],
]) {
  test(`at 320 px nothing is cut off: ${what}`, async () => {
    assert.deepEqual(await each(options, [(page) => page.evaluate(spills)], NARROW, takes), [])
  })
}

test('no tree has the key, but for the text that shows it', () => {
  for (const name of readdirSync(folder)) {
    const text = readFileSync(new URL(name, folder), 'utf8')
    const keys = text.match(/([A-Z2-7]{4} ){7}[A-Z2-7]{4}/g) ?? []
    assert.equal(keys.length, name === 'add-account-key.yml' ? 1 : 0, name)
    assert.ok(!/otpauth:|[A-Z2-7]{32}/.test(text.replaceAll(/url: .*/g, '')), name)
  }
})
