// The administrators' page of the demo shop: who is covered, and help that costs a code of whoever gives it.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { LANGUAGES, browser, chooseApp, codeOf, finish, password, person, press, scan, signOut, signUp, sql, title, typeCode } from './lib.mjs'
import { own, support, unspent } from './managing.mjs'

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

const SAYS = {
  ja: { open: 'スタッフの管理', anew: 'リセットしてコードを発行', next: 'コードの入力へ', empty: '理由を1行で入力してください', overdue: '期限切れ', locked: 'ログインできません', add: '方法がもう1つ必要です', coded: 'コード発行済み', owes: '2段階認証をもう一度設定してください' },
  en: { open: 'Manage the staff', anew: 'Reset and hand out a code', next: 'Go on to your code', empty: 'Please type a reason, on one line', overdue: 'Overdue since', locked: 'Cannot sign in', add: 'Needs one more method', coded: 'Has a code until', owes: 'set up two-step verification again' },
}

/** Somebody of the staff with an app; signed out. */
async function member(options, name) {
  const at = await person(shared, options)
  const email = await signUp(at, 'staff.example', name)
  await chooseApp(at)
  const uri = await scan(at.page)
  await press(at, 'add.done')
  await typeCode(at, codeOf(uri))
  await finish(at)
  return { at, email, uri }
}

/** Signed in with the app, and past the page that asks for a spare method. */
async function signedIn({ at, email, uri }) {
  await password(at, email)
  await title(at, 'login.title')
  unspent()
  await typeCode(at, codeOf(uri))
  await at.page.keyboard.press('Enter')
  await title(at, 'manage.proof-title')
  await at.page.locator('#leave').click()
  await at.page.locator('#state').waitFor()
}

const row = (at, email) => at.page.locator(`.staff li[data-email="${email}"]`)
const standing = (at, email, says) => row(at, email).locator('.state').filter({ hasText: says }).waitFor()
const call = (at, path, body) => at.page.evaluate(async ([path, body]) => {
  const init = body && { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
  const answer = await fetch(`/api/${path}`, init)
  return { status: answer.status, json: await answer.json().catch(() => null) }
}, [path, body])

for (const lang of LANGUAGES) {
  test(`${lang}: one is overdue, one is locked out, and gets a code that leads to a new set-up`, async () => {
    const says = SAYS[lang]
    const overdue = await person(shared, { lang })
    const late = await signUp(overdue, 'staff.example')
    await press(overdue, 'start.later')
    await overdue.page.locator('#set-up').waitFor()
    const locked = await member({ lang }, 'locked')
    await signedIn(locked)
    await signOut(locked.at)
    const id = (email) => `(SELECT subject FROM flow WHERE account_name = '${email}' LIMIT 1)`
    sql(`UPDATE subject SET grace_from = 1 WHERE subject = ${id(late)}`)
    sql(`UPDATE method SET held_at = 1, held_by = 'support' WHERE subject = ${id(locked.email)}`)
    sql(`DELETE FROM backup_code WHERE subject = ${id(locked.email)}`)
    const admin = await member({ lang, width: 360, height: 740 }, 'admin')
    const { at } = admin
    await signedIn(admin)
    await at.page.locator('#staff').click()
    await standing(at, late, says.overdue)
    await standing(at, locked.email, says.locked)
    await standing(at, admin.email, says.add)
    assert.equal(await row(at, admin.email).getByRole('button').count(), 0, 'nobody helps themselves')
    await row(at, locked.email).getByRole('button', { name: says.anew }).click()
    await at.page.getByRole('button', { name: says.next }).click()
    await at.page.getByRole('alert').filter({ hasText: says.empty }).waitFor()
    await at.page.locator('#reason').fill('came with a passport')
    await at.page.keyboard.press('Enter')
    await title(at, 'login.title')
    unspent()
    await typeCode(at, codeOf(admin.uri))
    await at.page.keyboard.press('Enter')
    const code = await at.page.locator('#made').textContent()
    assert.match(code, /^(\w{4}-){3}\w{4}$/)
    await standing(at, locked.email, says.coded)
    assert.equal((await call(at, 'staff/outcome', {})).json, null, 'it is shown once')
    await at.page.reload()
    await at.page.locator('#state').waitFor()
    assert.deepEqual(own(at.complaints), [])
    // It lets its person in, into a new set-up and nothing else.
    await password(locked.at, locked.email)
    await title(locked.at, 'login.temporary-title')
    await locked.at.page.locator('#nidan-backup').fill(code)
    await locked.at.page.keyboard.press('Enter')
    await locked.at.page.getByText(says.owes).waitFor()
    await title(locked.at, 'start.title')
    for (const { context } of [overdue, locked.at, at]) await context.close()
  })
}

/** Somebody to be helped, and an administrator who is signed in; the shop's ids of both. */
async function atTheDesk() {
  const victim = await person(shared, { lang: 'en' })
  const name = await signUp(victim, 'staff.example')
  const admin = await member({ lang: 'en' }, 'admin')
  await signedIn(admin)
  const { json: { people } } = await call(admin.at, 'staff')
  const idOf = (address) => people.find(({ email }) => email === address).id
  return { victim, admin, name, id: idOf(name), self: idOf(admin.email) }
}

/** Nobody has made a code for them. */
async function hasNoCode(at, id) {
  const { json } = await call(at, 'staff')
  assert.equal(json.people.find((one) => one.id === id).coverage.temporary_code_expires_at, undefined)
}

test('neither a password, nor an open session, nor another role makes a code', async () => {
  const { victim, admin, id, self } = await atTheDesk()
  const { at } = admin
  const act = { account: id, remedy: 'anew', reason: 'because' }
  const customer = await person(shared, { lang: 'en' })
  await signUp(customer)
  const plain = await member({ lang: 'en' }, 'plain')
  await signedIn(plain)
  const thief = await person(shared, { lang: 'en' })
  await password(thief, admin.email)
  await title(thief, 'login.title')
  const attempts = [
    ['the password of an administrator alone', thief, act, 401],
    ['somebody who still owes the set-up', victim, act, 401],
    ['a customer', customer, act, 403],
    ['one of the staff, with a factor', plain.at, act, 403],
    ['an administrator, for themselves', at, { ...act, account: self }, 403],
    ['an administrator, for somebody who is none of the staff', at, { ...act, account: 'somebody' }, 403],
    ['an administrator without a reason', at, { ...act, reason: ' ' }, 400],
    ['an administrator whose session is open', at, act, 200],
  ]
  for (const [what, who, body, status] of attempts) {
    const answer = await call(who, 'staff/act', body)
    assert.equal(answer.status, status, what)
    assert.deepEqual(Object.keys(answer.json), [status === 200 ? 'flow_token' : 'code'], what)
    // What is made up proves nothing.
    await who.page.evaluate(async () => fetch('/api/staff/complete', { method: 'POST', body: new URLSearchParams({ result_code: 'A'.repeat(43) }) }))
  }
  await hasNoCode(at, id)
  for (const { context } of [victim, customer, plain.at, thief, at]) await context.close()
})

test('support’s code proves no factor of now, and makes nobody a code', async () => {
  const { victim, admin, name, id, self } = await atTheDesk()
  const { at } = admin
  const { code } = await support(self, 'temporary_code', { minutes: 30, reset: false })
  await at.page.locator('#staff').click()
  await row(at, name).getByRole('button', { name: SAYS.en.anew }).click()
  await at.page.locator('#reason').fill('because')
  await at.page.keyboard.press('Enter')
  await title(at, 'login.temporary-title')
  await at.page.locator('#nidan-backup').fill(code)
  await at.page.keyboard.press('Enter')
  await at.page.getByText('The result could not be confirmed').waitFor()
  await hasNoCode(at, id)
  for (const { context } of [victim, at]) await context.close()
})
