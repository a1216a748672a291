// What is fetched when somebody opens it, and a set-up that goes on on a phone: two profiles, one account.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { LANGUAGES, browser, codeOf, person, press, scan, signIn, signUp, title, toSave, backupCodes, typeCode, url } from './lib.mjs'

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

/** The shop’s security page with a set-up that a phone can open: the demo itself is on an address that only this machine has. */
async function begin(at) {
  await at.page.locator('#set-up').click()
  await title(at, 'start.title')
  assert.equal(await at.page.getByRole('button', { name: at.w['on-phone.title'] }).count(), 0, 'no phone could open this address')
  await at.page.evaluate(() => {
    const element = document.querySelector('nidan-flow')
    element.phoneUrl = '/?from=code'
    element.start()
  })
  await press(at, 'on-phone.title')
  await title(at, 'on-phone.title')
}

for (const lang of LANGUAGES) {
  test(`a set-up goes on on the phone, after the same login there (${lang})`, async () => {
    const at = await person(shared, { lang })
    const email = await signUp(at)
    await begin(at)
    const address = await scan(at.page)
    assert.equal(address, `${url}/?from=code`, 'the code holds the page’s address and nothing else')
    await at.page.getByText(address, { exact: true }).waitFor()
    const phone = await person(shared, { lang, phone: true, width: 360, height: 740 })
    await phone.page.goto(address + `&lang=${lang}`)
    await signIn(phone, email)
    await phone.page.locator('#set-up').click()
    await title(phone, 'start.title')
    assert.equal(await phone.page.getByRole('button', { name: phone.w['on-phone.title'] }).count(), 0, 'it is there already')
    // The computer's page hears of it by itself.
    await title(at, 'on-phone.ended-title')
    await press(phone, 'start.begin')
    await press(phone, 'method.use')
    await press(phone, 'app.have-one')
    await title(phone, 'add.title')
    const uri = await phone.page.getByRole('link', { name: phone.w['add.open-app'] }).getAttribute('href')
    await press(phone, 'add.done')
    await typeCode(phone, codeOf(uri))
    await toSave(phone)
    const [code] = await backupCodes(phone)
    await phone.page.locator('#nidan-backup').fill(code)
    await press(phone, 'codes.finish')
    await title(phone, 'done.title')
    await press(phone, 'done.finish')
    await phone.page.locator('#state').waitFor()
    // A shop ends every other session with a set-up, this one too.
    await press(at, 'on-phone.here')
    await at.page.getByRole('button', { name: lang === 'ja' ? 'ログイン' : 'Sign in', exact: true }).waitFor()
    assert.deepEqual([...at.complaints, ...phone.complaints].filter((one) => !/40[19]/.test(one)), [])
  })
}

test('back from the code for the phone, the set-up goes on here', async () => {
  const at = await person(shared, { lang: 'en' })
  await signUp(at)
  await begin(at)
  await press(at, 'common.back')
  await title(at, 'start.title')
  await press(at, 'start.begin')
  await title(at, 'method.title')
})

test('what cannot be fetched is said, and opening it again tries again', async () => {
  const at = await person(shared, { lang: 'en' })
  await signUp(at)
  await at.page.route('**/guide*', (route) => route.abort())
  await at.page.locator('#set-up').click()
  await press(at, 'start.begin')
  const summary = at.page.getByText(at.w['method.compare'], { exact: true })
  await summary.click()
  await at.page.getByRole('alert').getByText(at.w['trouble.unreachable']).waitFor()
  await at.page.unroute('**/guide*')
  await summary.click()
  await summary.click()
  await at.page.getByText(at.w['method.totp-weaknesses'], { exact: true }).waitFor()
  assert.equal(await at.page.getByRole('alert').filter({ hasText: at.w['trouble.unreachable'] }).count(), 0)
})
