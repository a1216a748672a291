// What the element's script decides without a browser: which attributes can work, which language, which words.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'

const TOKEN = 'x'.repeat(43)
let options

before(async () => {
  globalThis.document = { baseURI: 'https://shop.example/login/', documentElement: { lang: '' } }
  Object.defineProperty(globalThis, 'navigator', { value: { languages: [] }, configurable: true })
  options = await import('../../public/nidan/options.js')
})

/** As far as attributes go. */
const element = (attributes, script) => ({
  getAttribute: (name) => attributes[name] ?? null,
  hasAttribute: (name) => name in attributes,
  querySelector: () => (script === undefined ? null : { textContent: script }),
})
const read = (attributes) => options.read(element({ service: '/2sv', 'flow-token': TOKEN, ...attributes }))

test('attributes that can work are read, and the service is found from the page', () => {
  const wanted = read({ purpose: 'verify', dom: 'shadow' })
  assert.deepEqual(wanted, { service: 'https://shop.example/2sv', token: TOKEN, purpose: 'verify', dom: 'shadow', loading: null, locale: 'en' })
  assert.equal(read({ service: 'https://two.example/a/' }).service, 'https://two.example/a')
})

test('what cannot work is refused by its name, with what is allowed', () => {
  for (const [attributes, option, allowed] of [
    [{ service: 'javascript:alert(1)' }, 'service', /http/], [{ service: '' }, 'service', /http/], [{ 'flow-token': 'short' }, 'flow-token', /flow_token/],
    [{ 'flow-token': `${TOKEN}<` }, 'flow-token', /flow_token/], [{ purpose: 'reset' }, 'purpose', /verify/], [{ dom: 'open' }, 'dom', /light/],
    [{ 'complete-url': 'data:text/html,x' }, 'complete-url', /http/],
  ]) {
    assert.throws(() => read(attributes), (error) => {
      assert.equal(error.option, option)
      assert.match([error.allowed].flat().join(' '), allowed)
      return error.reason === 'option'
    }, option)
  }
})

test('the language is the element’s, the page’s, the person’s, and English last', () => {
  const locale = (attributes, lang, languages) => {
    document.documentElement.lang = lang
    navigator.languages = languages
    return read(attributes).locale
  }
  assert.equal(locale({ locale: 'ja-JP' }, 'de', ['fr']), 'ja')
  assert.equal(locale({}, 'de-CH', ['fr']), 'de')
  assert.equal(locale({}, 'tlh', ['xx', 'pt-PT']), 'pt-BR')
  assert.equal(locale({ locale: 'it' }, '', []), 'en', 'a wish that cannot be met stops nobody')
  assert.equal(locale({}, '', []), 'en')
  for (const [tag, catalogue] of [['zh', 'zh-Hans'], ['zh-TW', 'zh-Hant'], ['zh-Hant-HK', 'zh-Hant'], ['zh-Hans-TW', 'zh-Hans'], ['ZH-hk', 'zh-Hant']]) {
    assert.equal(locale({ locale: tag }, '', []), catalogue, tag)
  }
})

test('words of the host’s own take their places, and keys that there are not are told', () => {
  const told = []
  const words = options.withMessages(['Yes', 'No'], ['common.yes', 'common.no'], { 'common.no': 'Nope', 'common.maybe': '?' }, (error) => told.push(error.option))
  assert.deepEqual([words, told], [['Yes', 'Nope'], ['common.maybe']])
})

test('words are texts, from the property or from a script inside', () => {
  const own = (script, messages) => options.readMessages(Object.assign(element({}, script), { messages }))
  assert.deepEqual(own('{"a":"1","b":"2"}', { b: '3' }), { a: '1', b: '3' })
  assert.throws(() => own('{"a":1}'), (error) => error.option === 'a')
  assert.throws(() => own('{'), (error) => error.option === 'messages')
})
