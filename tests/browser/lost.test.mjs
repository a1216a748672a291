// A phone that is lost, said at the login: what something else lets in takes it out of use.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { LANGUAGES, addNumber, browser, codeOf, password, person, press, signOut, title, typeCode, withApp } from './lib.mjs'
import { enrolled, look, unspent } from './managing.mjs'

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

const way = (at, key) => at.page.getByRole('button', { name: at.w[key].split('{')[0] })

for (const lang of LANGUAGES) {
  test(`${lang}: three taps from the code to a backup code, and the lost one is out, and everybody else with it`, async () => {
    const { at, email, codes } = await enrolled(shared, { lang })
    const other = await person(shared, { lang })
    await password(other, email)
    await title(other, 'login.title')
    await press(other, 'login.another')
    await press(other, 'login.lose')
    await title(other, 'login.backup-title')
    await other.page.locator('#nidan-backup').fill(codes[0])
    await other.page.keyboard.press('Enter')
    await other.page.locator('#state').waitFor()
    await other.page.getByText(lang === 'ja' ? 'なくしたスマートフォンではログインできない' : 'The lost phone lets nobody in').waitFor()
    await at.page.reload()
    await at.page.locator('#email').waitFor()
    const told = other.page.locator('#mailbox').getByText(lang === 'ja' ? '止めました' : 'was stopped')
    do await look(other)
    while (!await told.count())

    await password(at, email)
    await title(at, 'login.backup-title')
    await press(at, 'login.another')
    assert.ok(await way(at, 'login.way-app').isDisabled(), 'nobody signs in by it')
    await at.context.close()
    await other.context.close()
  })

  test(`${lang}: both that were on it, one taken back, by the keyboard alone; and what lets in is not lost`, async () => {
    const { at, email, uri } = await withApp(shared, { lang }, addNumber)
    await password(at, email)
    await title(at, 'login.title')
    for (const key of ['login.way-app', 'login.way-sms']) {
      if (key === 'login.way-app') await press(at, 'login.another')
      await at.page.getByRole('button', { name: at.w['login.lose'], exact: true }).focus()
      await at.page.keyboard.press('Enter')
      await title(at, 'login.lose-title')
      await way(at, key).focus()
      await at.page.keyboard.press('Enter')
      await title(at, 'login.ways-title')
      assert.ok(await way(at, key).isDisabled())
    }
    assert.equal(await at.page.getByText(at.w['login.way-lost'], { exact: true }).count(), 2)
    // The app is found in the other pocket.
    await press(at, 'login.lose')
    await way(at, 'login.way-app').click()
    await way(at, 'login.way-app').click()
    await title(at, 'login.title')
    unspent()
    await typeCode(at, codeOf(uri))
    await at.page.keyboard.press('Enter')
    await at.page.locator('#state').waitFor()

    await at.page.goto(`${at.page.url().split('?')[0]}?lang=${lang}`)
    await signOut(at)
    await password(at, email)
    await title(at, 'login.title')
    await press(at, 'login.another')
    assert.ok(await way(at, 'login.way-sms').isDisabled())
    assert.ok(await way(at, 'login.way-app').isEnabled())
    await at.context.close()
  })
}
