// Two ways: which one comes first, a try of each, a number that is gone, one that goes, the trusted browsers, and a report.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import {
  LANGUAGES, addNumber, arrived, browser, codeIn, codeOf, inJapan, mobile, password, person, press, sql, title, toBackupCode, typeCode, withApp,
} from './lib.mjs'
import { back, mailed, manage, own, says, signIn, theApp, unspent } from './managing.mjs'

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

/** Somebody with an app, a number and backup codes, signed in. */
async function withBoth(options) {
  const who = await withApp(shared, options, addNumber)
  await signIn(who)
  return who
}

const theNumber = (at) => at.page.locator('.nidan-ways button').nth(1).click()
const field = (at, name) => at.page.locator(`input[id^="nidan-${name}"]:visible`)

for (const lang of LANGUAGES) {
  test(`${lang}: the number comes first, each is tried, the number is replaced as gone, and the app goes`, async () => {
    const who = await withBoth({ lang })
    const { at, email, uri } = who
    await manage(who)
    await theNumber(at)
    await press(at, 'manage.make-default')
    await says(at, 'manage.done-default')
    await press(at, 'manage.undo')
    await says(at, 'manage.done-default')
    await press(at, 'manage.make-default')
    await says(at, 'manage.done-default')
    const other = await person(shared, { lang })
    await password(other, email)
    await press(other, 'login.sms-send')
    await other.context.close()
    await back(at)

    await press(at, 'manage.check-all')
    await says(at, 'manage.check-text')
    await theApp(at)
    await title(at, 'manage.test-title')
    unspent()
    await typeCode(at, codeOf(uri))
    await says(at, 'manage.done-tested')
    await title(at, 'manage.check-all')
    await back(at)

    await theNumber(at)
    await press(at, 'manage.replace')
    await press(at, 'manage.replace-gone')
    await inJapan(at)
    const number = mobile()
    await field(at, 'number').fill(number)
    await press(at, 'number.sms-send')
    await title(at, 'phone.sms-title')
    await field(at, 'code').fill(codeIn(await arrived(number)))
    await says(at, 'manage.done-replaced')
    const hint = number.slice(-2)
    assert.equal(await at.page.locator('.nidan-ways button').count(), 2, 'the one that is gone is gone')
    await at.page.locator('.nidan-ways button').filter({ hasText: hint }).waitFor()

    // What is new proves nothing against what is older: by a day it may.
    sql('UPDATE method SET created_at = created_at - 90000')
    await theApp(at)
    await press(at, 'manage.remove')
    await says(at, 'manage.remove-text')
    await press(at, 'manage.remove-yes')
    // What goes does not prove it.
    await press(at, 'login.sms-send')
    await field(at, 'code').fill(codeIn(await arrived(number, 2)))
    await press(at, 'confirm.check')
    await says(at, 'manage.done-removed')
    assert.equal(await at.page.locator('.nidan-ways button').count(), 1)
    await press(at, 'manage.finish')
    await at.page.locator('#state').waitFor()
    await mailed(at, lang === 'ja' ? ['交換しました', '削除しました'] : ['was replaced', 'was removed'])
    assert.deepEqual(own(at.complaints), [])
    await at.context.close()
  })

  test(`${lang}: trusted browsers are asked again, and what was not me stops every sign-in`, async () => {
    const who = await withBoth({ lang })
    const { at, email, codes } = who
    const other = await person(shared, { lang })
    await password(other, email)
    await toBackupCode(other)
    await other.page.getByLabel(at.w['login.trust'].replace('{days}', '30')).check()
    await other.page.locator('#nidan-backup').fill(codes[1])
    await press(other, 'login.submit')
    await other.page.locator('#state').waitFor()

    await manage(who)
    await press(at, 'manage.browsers')
    await says(at, 'manage.browsers-text')
    await press(at, 'manage.browser-end')
    await says(at, 'manage.done-trust')
    await says(at, 'manage.browsers-none')
    await back(at)

    await press(at, 'manage.record')
    await says(at, 'record.trust-revoked')
    await says(at, 'record.browser-trusted')
    await press(at, 'manage.not-me')
    await says(at, 'report.text')
    await press(at, 'report.send')
    await title(at, 'reported.title')
    // The shop hears of it by a notice.
    for (let tries = 0; ; tries++) {
      await other.page.reload()
      await other.page.locator('#email, #state').first().waitFor()
      if (!await other.page.locator('#state').count()) break
      assert.ok(tries < 60, 'the other browser is still signed in')
    }

    // For a week nobody turns it off or pauses it: whoever was in may be in again.
    await at.page.goto(`${at.page.url().split('?')[0]}?lang=${lang}`)
    await signIn(who)
    await manage(who)
    for (const key of ['manage.turn-off', 'manage.pause']) {
      assert.equal(await at.page.getByRole('button', { name: at.w[key], exact: true }).count(), 0, key)
    }
    assert.deepEqual(own([...at.complaints, ...other.complaints]), [])
    await other.context.close()
    await at.context.close()
  })
}
