// Somebody has lost everything, and calls: support's code, and a new set-up before anything else.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { LANGUAGES, browser, chooseApp, codeOf, finish, folder, password, press, scan, sql, title, typeCode, withApp } from './lib.mjs'
import { mailed, own, says, support, unspent } from './managing.mjs'

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

/** The shop's id of somebody. */
const subjectOf = (email) => execFileSync('python3', ['-c', `
import sqlite3, sys
print(sqlite3.connect(sys.argv[1], timeout=10).execute('SELECT id FROM account WHERE email = ?', [sys.argv[2]]).fetchone()[0], end='')
`, join(folder, 'shop.db'), email], { encoding: 'utf8' })

const typed = (at, code) => at.page.locator('#nidan-backup').fill(code)
const wrong = (at, key) => at.page.getByRole('alert').filter({ hasText: at.w[key] }).waitFor()

const MADE = { ja: 'サポートが、1回だけログインできるコードを発行しました', en: 'Support made a code for one sign-in' }
const OWES = { ja: '2段階認証をもう一度設定してください', en: 'set up two-step verification again' }

for (const lang of LANGUAGES) {
  test(`${lang}: lost everything, a code from support, a set-up before anything else, and old things are dead`, async () => {
    const { at, email, uri, codes } = await withApp(shared, { lang })
    const subject = subjectOf(email)
    const { code } = await support(subject, 'temporary_code', { minutes: 30, reset: true })
    await password(at, email)
    await title(at, 'login.temporary-title')
    await says(at, 'login.temporary-help-alone')
    assert.equal(await at.page.evaluate(() => document.activeElement.id), 'nidan-backup', 'it is typed at once')
    // Mistyped, another one, and what was good before.
    await typed(at, code.slice(0, -1))
    await at.page.keyboard.press('Enter')
    await at.page.getByRole('alert').filter({ hasText: /1[56]/ }).waitFor()
    await typed(at, codes[0])
    await at.page.keyboard.press('Enter')
    await wrong(at, 'login.temporary-wrong')
    await typed(at, code.toLowerCase())
    await at.page.keyboard.press('Enter')
    await at.page.getByText(OWES[lang]).waitFor()
    await title(at, 'start.title')
    // Loaded anew, and by another address: nothing else is there.
    await at.page.goto(`${new URL(at.page.url()).origin}/?lang=${lang}`)
    await at.page.getByText(OWES[lang]).waitFor()
    for (const path of ['events', 'mailbox']) {
      assert.equal(await at.page.evaluate(async (path) => (await fetch(`/api/${path}`)).status, path), 401, path)
    }
    await chooseApp(at)
    const fresh = await scan(at.page)
    assert.notEqual(fresh, uri)
    await press(at, 'add.done')
    await typeCode(at, codeOf(fresh))
    await title(at, 'another.title')
    await finish(at)
    unspent()
    await password(at, email)
    await title(at, 'login.title')
    await typeCode(at, codeOf(uri))
    await at.page.keyboard.press('Enter')
    await at.page.getByRole('alert').filter({ hasText: /./ }).waitFor()
    unspent()
    await typeCode(at, codeOf(fresh))
    await at.page.keyboard.press('Enter')
    await at.page.locator('#state').waitFor()
    await mailed(at, [MADE[lang]])
    assert.deepEqual(own(at.complaints), [])
    await at.context.close()
  })
}

test('another one in its place, one that is over, and a reset in between say so', async () => {
  const { at, email } = await withApp(shared, { lang: 'en' })
  const subject = subjectOf(email)
  const first = await support(subject, 'temporary_code', { minutes: 30, reset: false })
  await password(at, email)
  await title(at, 'login.temporary-title')
  await says(at, 'login.temporary-help')
  const { code } = await support(subject, 'temporary_code', { minutes: 30, reset: false })
  await typed(at, first.code)
  await at.page.keyboard.press('Enter')
  await wrong(at, 'login.temporary-wrong')
  sql(`UPDATE temporary_code SET expires_at = 1 WHERE subject = '${subject}'`)
  await typed(at, code)
  await at.page.keyboard.press('Enter')
  await wrong(at, 'login.temporary-over')
  // The app is there as before, and what was typed for support is not in its field.
  await press(at, 'login.another')
  await title(at, 'login.ways-title')
  await at.page.locator('.nidan-ways button').first().click()
  await title(at, 'login.title')
  await support(subject, 'reset')
  await typeCode(at, '000000')
  await at.page.keyboard.press('Enter')
  await title(at, 'login.elsewhere-title')
  await at.context.close()
})

test('who left the set-up after the code reads that another one is needed, and gets in by that', async () => {
  const { at, email } = await withApp(shared, { lang: 'en' })
  const subject = subjectOf(email)
  const first = await support(subject, 'temporary_code', { minutes: 30, reset: true })
  await password(at, email)
  await title(at, 'login.temporary-title')
  await typed(at, first.code)
  await at.page.keyboard.press('Enter')
  await at.page.getByText(OWES.en).waitFor()
  await at.page.locator('#leave').click()
  await password(at, email)
  await title(at, 'login.temporary-title')
  await typed(at, first.code)
  await at.page.keyboard.press('Enter')
  await wrong(at, 'login.temporary-over')
  const { code } = await support(subject, 'temporary_code', { minutes: 30, reset: false })
  await typed(at, code)
  await at.page.keyboard.press('Enter')
  await at.page.getByText(OWES.en).waitFor()
  await title(at, 'start.title')
  await at.context.close()
})
