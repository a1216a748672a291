// A login that another browser approves: two profiles, and a code that is carried from one to the other.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { LANGUAGES, browser, codeOf, password, person, press, signOut, sql, title, typeCode, withApp } from './lib.mjs'
import { mailed, own, says, unspent } from './managing.mjs'

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

const ASKED = { ja: '別のブラウザーに表示するよう', en: 'asked another browser of yours' }

/** Somebody who is signed in, in a browser that is trusted. */
async function trusting(lang) {
  const { at, email, uri } = await withApp(shared, { lang })
  unspent()
  await password(at, email)
  await title(at, 'login.title')
  await at.page.getByLabel(at.w['login.trust'].replace('{days}', '30')).check()
  await typeCode(at, codeOf(uri))
  await at.page.keyboard.press('Enter')
  await at.page.locator('#browsers').waitFor()
  return { at, email, uri }
}

/** Another profile, whose login asks the trusted one. */
async function asking(lang, email) {
  const other = await person(shared, { lang })
  await password(other, email)
  await title(other, 'login.title')
  await press(other, 'login.another')
  await press(other, 'approval.way')
  await title(other, 'approval.title')
  await says(other, 'approval.lead')
  await press(other, 'approval.ask')
  await other.page.locator('#nidan-code').waitFor()
  return other
}

/** "It is me", of the login that stands first; its code. */
async function show(at) {
  await title(at, 'approve.question')
  await says(at, 'approve.only')
  await at.page.getByRole('button', { name: at.w['approve.me'] }).first().click()
  await title(at, 'approve.code-title')
  return at.page.locator('.nidan-keys').textContent()
}

const wrong = (at, key) => at.page.getByRole('alert').filter({ hasText: at.w[key].split('{')[0] }).waitFor()

for (const lang of LANGUAGES) {
  test(`${lang}: the code is carried over, and each side says what became of it`, async () => {
    const { at, email } = await trusting(lang)
    assert.equal(await at.page.locator('nidan-flow').isVisible(), false, 'nobody asks, and there is nothing to see')
    const other = await asking(lang, email)
    assert.equal(await other.page.evaluate(() => document.activeElement.id), 'nidan-code')
    const code = await show(at)
    assert.match(code, /^\d{6}$/)
    // The last digit sends it.
    await other.page.keyboard.type(code)
    await other.page.locator('#state').waitFor()
    await title(at, 'approve.done')
    assert.equal(await at.page.getByText(code).count(), 0)
    assert.equal(await other.page.locator('nidan-flow').count(), 0, 'it is not trusted, and approves nothing')
    await mailed(at, [ASKED[lang]])
    assert.deepEqual([...own(at.complaints), ...own(other.complaints)], [])
    await at.context.close()
    await other.context.close()
  })

  test(`${lang}: "it is not me" ends the thief's login and everybody's session`, async () => {
    const { at, email } = await trusting(lang)
    const thief = await asking(lang, email)
    // Pressed by mistake, and then not told to anybody.
    const code = await show(at)
    await press(at, 'approve.not-me')
    await title(at, 'login.not-me')
    await press(at, 'report.send')
    await title(at, 'reported.title')
    await thief.page.keyboard.type(code)
    await title(thief, 'reported.title')
    await press(at, 'login.again')
    await at.page.locator('#email').waitFor()
    assert.deepEqual(own(at.complaints), [])
    await at.context.close()
    await thief.context.close()
  })

  test(`${lang}: three that nobody answers close the way, and the last of them is good`, async () => {
    const { at, email } = await trusting(lang)
    const asked = []
    for (let nth = 0; nth < 3; nth++) asked.push(await asking(lang, email))
    const third = asked.at(-1)
    const again = third.page.waitForResponse(/\/v1\/flow\/approvals$/)
    await press(third, 'approval.ask')
    assert.equal((await again).status(), 200, 'the same request')
    const fourth = await person(shared, { lang })
    await password(fourth, email)
    await title(fourth, 'login.title')
    await press(fourth, 'login.another')
    await title(fourth, 'login.ways-title')
    assert.equal(await fourth.page.getByRole('button', { name: fourth.w['approval.way'] }).count(), 0)
    await title(at, 'approve.question')
    // In the order of their coming.
    const ways = at.page.getByRole('button', { name: at.w['approve.me'] })
    await ways.nth(2).click()
    await title(at, 'approve.code-title')
    await third.page.locator('#nidan-code').fill(await at.page.locator('.nidan-keys').textContent())
    await third.page.locator('#state').waitFor()
    // The others wait still: the page leads back to them.
    await title(at, 'approve.question')
    await ways.nth(1).waitFor()
    const next = await asking(lang, email)
    for (const one of [at, fourth, next, ...asked]) await one.context.close()
  })

  test(`${lang}: a wrong code says so, and a change of a factor ends the right one`, async () => {
    const { at, email } = await trusting(lang)
    const other = await asking(lang, email)
    const code = await show(at)
    const field = other.page.locator('#nidan-code')
    await field.fill(code === '000000' ? '000001' : '000000')
    await wrong(other, 'phone.code-wrong')
    sql(`UPDATE subject SET factor_epoch = factor_epoch + 1 WHERE subject IN (SELECT subject FROM flow WHERE account_name = '${email}')`)
    await field.fill(code)
    await wrong(other, 'login.send-new')
    await at.page.locator('nidan-flow').waitFor({ state: 'hidden' })
    await at.context.close()
    await other.context.close()
  })

  test(`${lang}: a browser that is not trusted approves nothing, and the trusted one is not asked itself`, async () => {
    const { at, email, uri } = await trusting(lang)
    const plain = await person(shared, { lang })
    unspent()
    await password(plain, email)
    await title(plain, 'login.title')
    await typeCode(plain, codeOf(uri))
    await plain.page.keyboard.press('Enter')
    await plain.page.locator('#state').waitFor()
    const other = await asking(lang, email)
    await title(at, 'approve.question')
    await plain.page.reload()
    await plain.page.locator('#state').waitFor()
    await plain.page.waitForLoadState('networkidle')
    assert.equal(await plain.page.locator('nidan-flow').count(), 0)
    await signOut(at)
    await password(at, email)
    await at.page.locator('#state').waitFor()
    for (const one of [at, plain, other]) await one.context.close()
  })
}
