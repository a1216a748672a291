// Where a set-up goes on on a phone.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { httpUrl } from '../../public/nidan/options.js'
import { phoneAddress } from '../../public/nidan/set-up.js'

globalThis.document ??= /** @type {any} */ ({ baseURI: 'https://shop.example/account/' })
const element = (own) => ({ getAttribute: (name) => (name === 'phone-url' ? own : null) })
const address = (href, own = null, isTop = true) => phoneAddress(element(own), new URL(href), isTop, httpUrl)

test('this page, where its path is its whole address and others can open it', () => {
  assert.equal(address('https://shop.example/account/two-step'), 'https://shop.example/account/two-step')
  for (const href of ['https://shop.example/a?step=2', 'https://shop.example/a#token', 'http://shop.example/a', 'https://localhost/a',
    'https://shop.localhost/a', 'https://127.0.0.1:8000/a', 'https://[::1]/a']) assert.equal(address(href), undefined, href)
  assert.equal(address('https://shop.example/a', null, false), undefined, 'of a frame nobody has the address')
  assert.equal(address('https://localhost.example/a'), undefined, 'rather one too few')
})

test('the host’s word counts everywhere, and nothing that is no address', () => {
  assert.equal(address('http://127.0.0.1:8000/', '/security'), 'https://shop.example/security')
  assert.equal(address('https://shop.example/a?b', 'https://m.shop.example/2sv'), 'https://m.shop.example/2sv')
  for (const own of ['none', '', 'javascript:alert(1)', 'data:text/html,x', 'https://']) assert.equal(address('https://shop.example/a', own), undefined, own)
})
