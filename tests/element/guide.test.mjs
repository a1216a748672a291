// What the guide tells, without a browser: a document that keeps what is made.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { APPS, VERIFIED_ON, fill, tell, triedWords } from '../../public/nidan/guide.js'
import { named, readTexts } from '../../tools/postlink/catalogues.mjs'
import { usedByGuide } from '../../tools/postlink/used.mjs'

const LOCALES = Object.keys(JSON.parse(readFileSync('package/locales.json', 'utf8')))
const catalogue = (locale) => JSON.parse(named(readTexts(readFileSync(`locales/${locale}.json`, 'utf8')), usedByGuide()))

/** An element, as far as the guide needs one. */
const make = (tag, properties) => Object.assign({
  tag, children: [], dataset: {}, attributes: {},
  append(...inside) { this.children.push(...inside) },
  setAttribute(name, value) { this.attributes[name] = value },
}, properties)
const textOf = (node) => typeof node === 'string' ? node : node.textContent ?? node.children.map(textOf).join(' ')
const all = (nodes, tag) => nodes.flatMap((node) => typeof node === 'string' ? [] : [...(node.tag === tag ? [node] : []), ...all(node.children, tag)])

const page = (locale, more = {}) => ({
  locale, messages: {}, tried: [], now: () => 1_800_000_000, date: (at) => `[${at}]`, day: (iso) => `<${iso}>`, number: String,
  request: async () => [], copy: async () => {},
  view: { issuer: 'Shop', account_name: 'hanako@example.com', policy: { methods: ['totp', 'sms', 'voice'] }, methods: [], verification: null },
  ...more,
})
const told = (own, topic) => tell(own, topic, { loadJson: async (name) => catalogue(name.match(/guide\.(.+)\.json/)[1]), make })

test('every language has words for every topic, and no place stays open', async () => {
  const tried = [
    { at: 1, answered: true, path: '/v1/flow/challenges', id: 'c', channel: 'sms', hint: '78', reference: 'V6', delivery: 'accepted' },
    { at: 2, path: '/v1/flow/challenges', id: 'd', channel: 'voice', hint: '78', reference: 'V6', delivery: 'wrong_digits' },
    { at: 3, path: '/v1/flow/challenges', code: 'send_budget_spent' }, { at: 4, path: '/v1/flow/verification', code: 'code_wrong' }, { at: 5, path: '/v1/flow/challenges/c/resend' },
  ]
  for (const locale of LOCALES) {
    for (const topic of ['apps', 'methods', 'questions', 'figures', 'slip']) {
      const view = { ...page(locale).view, verification: { backup_codes_left: 3 }, methods: [{ kind: 'sms' }, { kind: 'totp' }],
        figures: [{ text: 'Nine in ten', source: 'Report', source_url: 'https://example.com/r', as_of: '2026-04-01' }], support_hours: 'daily' }
      const words = textOf({ children: await told(page(locale, { tried, view }), topic) })
      assert.ok(words.length > 10, `${locale} ${topic}`)
      assert.doesNotMatch(words, /[{}]|undefined|null|\b(?:app|guide|method|state|help|login)\.[a-z]/, `${locale} ${topic}`)
    }
  }
})

test('the apps are dated, and each says how it is backed up', async () => {
  assert.match(VERIFIED_ON, /^\d{4}-\d\d-\d\d$/)
  const nodes = await told(page('en'), 'apps')
  const rows = all(nodes, 'tr').slice(1)
  assert.equal(rows.length, APPS.length)
  assert.equal(new Set(rows.map(textOf)).size, rows.length)
  for (const cell of all(rows, 'td')) assert.ok(cell.dataset.label && textOf(cell), 'a narrow window shows the column’s name beside the fact')
  assert.ok(textOf({ children: nodes }).includes(`<${VERIFIED_ON}>`))
})

test('only methods on offer are compared, and one of a later version is left out', async () => {
  const view = { policy: { methods: ['sms', 'passkey'] } }
  const headings = all(await told(page('en', { view }), 'methods'), 'h3').map(textOf)
  assert.deepEqual(headings, [catalogue('en')['method.sms-name']])
})

test('a figure names its source, and only an https address becomes a link', async () => {
  const figures = ['https://example.com/r', 'javascript:alert(1)', undefined].map((source_url) => ({ text: 'Nine in ten', source: 'Report', source_url, as_of: '2026-04-01' }))
  const nodes = await told(page('en', { view: { figures } }), 'figures')
  assert.deepEqual(all(nodes, 'a').map(({ href, rel }) => [href, rel]), [['https://example.com/r', 'noopener']])
  assert.equal(textOf({ children: nodes }).match(/Report \(<2026-04-01>\)/g).length, 3)
  assert.deepEqual(await told(page('en', { view: {} }), 'figures'), [], 'nothing is made up where the host says nothing')
})

test('the slip has what was tried, how the last message fares now, and no whole number', async () => {
  const copied = []
  const tried = [{ at: 5, path: '/v1/flow/challenges', id: 'c', channel: 'sms', hint: '78', reference: 'V6', delivery: 'queued' },
    { at: 6, answered: true, path: '/v1/flow/challenges/c/answer', code: 'code_wrong' }]
  const request = async (path) => [path === '/v1/flow/challenges/c', { channel: 'sms', hint: '78', reference: 'V6', delivery: 'failed' }]
  const nodes = await told(page('en', { tried, request, copy: async (text) => { copied.push(text) } }), 'slip')
  const [button] = all(nodes, 'button')
  await button.onclick()
  const status = all(nodes, 'p').at(-1)
  const words = catalogue('en')
  assert.equal(status.textContent, words['add.copied'])
  assert.ok(copied[0].includes(words['state.failed']) && !copied[0].includes(words['state.queued']), copied[0])
  assert.ok(copied[0].includes('[5] Text asked for (V6)') && copied[0].includes('[6] Code typed: wrong'), copied[0])
  tried.push({ at: 7, path: '/v1/flow/challenges/c/resend' }, { at: 8, answered: true, path: '/v1/flow/challenges/c/answer' })
  await button.onclick()
  assert.ok(copied[1].includes('[7] No code was sent: no answer') && copied[1].includes('[8] Code typed: right'), `what came after it was opened: ${copied[1]}`)
  const rest = page('en')
  const without = await told({ ...rest, copy: () => Promise.reject(new Error('no')) }, 'slip')
  await all(without, 'button')[0].onclick()
  assert.equal(all(without, 'p').at(-1).textContent, words['add.copy-failed'])
})

test('where the service does not answer, the slip says what was known', async () => {
  const tried = [{ at: 5, path: '/v1/flow/challenges', id: 'c', channel: 'voice', hint: '12', reference: 'N7', delivery: 'delivered' }]
  const nodes = await told(page('en', { tried, request: () => Promise.reject(new Error('down')) }), 'slip')
  assert.ok(textOf({ children: nodes }).includes(catalogue('en')['state.delivered']))
})

test('words of the host’s own take the catalogue’s place', async () => {
  const nodes = await told(page('en', { messages: { 'guide.need': 'Our own answer.' } }), 'questions')
  assert.ok(textOf({ children: nodes }).includes('Our own answer.'))
})

test('values with signs of patterns go in as they are', () => {
  assert.equal(fill('{a} and {b}', { a: '$&', b: '{a}' }), '$& and {a}')
  assert.equal(triedWords((key) => key, { path: '/v1/flow/challenges/c/resend', code: 'too_early' }), 'guide.tried-refused')
})
