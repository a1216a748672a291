// Every screen of every walk, looked at by axe: no finding, best practices included.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { told } from './camera.mjs'
import { browser } from './lib.mjs'
import { walks } from './walks.mjs'

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

for (const look of [{ lang: 'ja', width: 360, dark: false }, { lang: 'en', width: 1280, dark: true }]) {
  for (const walk of walks) {
    test(`${walk.name}, ${look.lang}, ${look.width} px, ${look.dark ? 'dark' : 'light'}`, async () => {
      const before = told().findings.length
      await walk(shared, look)
      assert.deepEqual(told().findings.slice(before), [])
    })
  }
}
