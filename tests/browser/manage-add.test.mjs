// Something new beside what there is: another app and another number, one in the place of another, and new backup codes.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import {
  LANGUAGES, arrived, backupCodes, browser, codeIn, codeOf, inFirefox, inJapan, mobile, password, person, press, scan, sql, title, toBackupCode,
} from './lib.mjs'
import { enrolled, mailed, manage, own, says, theApp, unspent } from './managing.mjs'

let shared
before(async () => { shared = await browser() })
after(() => shared.close())

/** A field of the set-up, which stands beside the page's own. */
const field = (at, name) => at.page.locator(`input[id^="nidan-${name}"]:visible`)

/** From the choice of an app to its right code. */
async function addApp(at) {
  await title(at, 'app.title')
  await at.page.waitForFunction(() => document.activeElement !== document.body)
  await press(at, 'app.have-one')
  await title(at, 'add.title')
  const uri = await scan(at.page)
  await press(at, 'add.done')
  await title(at, 'confirm.title')
  await field(at, 'code').fill(codeOf(uri))
  return uri
}

/** More than five minutes pass since the proof. */
const growOld = () => sql('UPDATE flow SET proved_at = proved_at - 301 WHERE proved_at IS NOT NULL')

// The second and the third walk in one language each where not all is asked for: their screens are the first one's.
const IN_FULL = process.env.NIDAN_FULL
for (const lang of LANGUAGES) {
  test(`${lang}: another app gets a name, and a number comes beside it`, async () => {
    const who = await enrolled(shared, { lang })
    const { at } = who
    await manage(who)
    await press(at, 'manage.add')
    await title(at, 'manage.kinds-title')
    await press(at, 'method.use')
    await addApp(at)
    await title(at, 'manage.name-title')
    await says(at, 'manage.done-added')
    assert.equal(await at.page.evaluate(() => document.activeElement?.id), 'nidan-name', 'the focus is where one types')
    await at.page.locator('#nidan-name').fill('タブレット')
    await at.page.keyboard.press('Enter')
    await says(at, 'manage.done-named')
    await press(at, 'common.back')

    await press(at, 'manage.add')
    await press(at, 'method.sms-use')
    await inJapan(at)
    const number = mobile()
    await at.page.getByText(at.w['number.name'], { exact: true }).click()
    await field(at, 'name').fill('Büro <2>')
    await field(at, 'number').fill(number)
    await press(at, 'number.sms-send')
    await title(at, 'phone.sms-title')
    await field(at, 'code').fill(codeIn(await arrived(number)))
    await title(at, 'manage.title')
    await says(at, 'manage.done-added')
    assert.equal(await at.page.locator('.nidan-ways button').count(), 3)
    // Nobody loses a number over its name.
    await at.page.getByText('Büro 2', { exact: true }).waitFor()

    // The same number once more, and nothing is lost by leaving.
    await press(at, 'manage.add')
    await press(at, 'method.sms-use')
    await inJapan(at)
    await field(at, 'number').fill(number)
    await press(at, 'number.sms-send')
    await at.page.locator('.nidan-error:visible:not(:empty)').waitFor()
    await press(at, 'common.back')
    await title(at, 'manage.title')

    await press(at, 'manage.finish')
    await at.page.locator('#state').waitFor()
    await mailed(at, lang === 'ja' ? ['方法を追加しました'] : ['A method was added'])
    assert.deepEqual(own(at.complaints), [])
    await at.context.close()
  })

  if (IN_FULL || (lang === 'ja' && !inFirefox)) test(`${lang}: a new phone takes the old one's place, which works until the new one has let in`, async () => {
    const who = await enrolled(shared, { lang })
    const { at, email } = who
    await manage(who)
    await theApp(at)
    await press(at, 'manage.replace')
    await title(at, 'manage.replace-title')
    const gone = at.page.getByText(at.w['manage.replace-gone'], { exact: true })
    assert.equal(await gone.count(), 0, 'the only one proves it, so it is there')
    await press(at, 'manage.replace-kept')
    await title(at, 'app.title')
    // Installing an app takes its time.
    growOld()
    const uri = await addApp(at)
    await says(at, 'manage.proof-adding')
    await toBackupCode(at)
    await at.page.locator('#nidan-backup').fill(who.codes[1])
    await press(at, 'confirm.check')
    await says(at, 'manage.done-replaced')

    // The old one still lets in.
    for (const [app, isOld] of [[who.uri, true], [uri, false]]) {
      const other = await person(shared, { lang })
      unspent()
      await password(other, email)
      await title(other, 'login.title')
      // A login begins with the new one.
      if (isOld) {
        await press(other, 'login.another')
        await other.page.locator('.nidan-ways button').first().click()
      }
      await other.page.locator('#nidan-code').fill(codeOf(app))
      await other.page.keyboard.press('Enter')
      await other.page.locator('#state').waitFor()
      await other.context.close()
    }
    // The new one has let in: the old one has retired.
    await at.page.reload()
    await at.page.getByText(lang === 'ja' ? /^認証アプリ、バ/ : /^authenticator app, \d+ backup/).waitFor()
    await mailed(at, lang === 'ja' ? ['方法を交換しました', '交換前の方法がなくなりました'] : ['A method was replaced', 'A replaced method is gone'])
    await at.context.close()
  })

  if (IN_FULL || lang === 'en') test(`${lang}: new backup codes count when they are saved, and not before`, async () => {
    const who = await enrolled(shared, { lang })
    const { at, email, codes } = who
    // A method of this very day proves no new codes beside an older one; here there is none older.
    await manage(who)
    await press(at, 'manage.new-codes')
    await title(at, 'manage.codes-title')
    await press(at, 'manage.codes-yes')
    await title(at, 'codes.title')
    const abandoned = await backupCodes(at)
    await at.page.goBack()
    await title(at, 'manage.title')
    await press(at, 'manage.new-codes')
    await press(at, 'manage.codes-yes')
    await title(at, 'codes.title')
    const fresh = await backupCodes(at)
    assert.notDeepEqual(fresh, abandoned)
    await field(at, 'backup').fill(codes[1])
    await press(at, 'codes.use')
    await says(at, 'codes.other')
    await field(at, 'backup').fill(fresh[0])
    await press(at, 'codes.use')
    await says(at, 'manage.done-codes')

    const other = await person(shared, { lang })
    await password(other, email)
    await toBackupCode(other)
    for (const [code, is] of [[codes[1], false], [fresh[1], true]]) {
      await other.page.locator('#nidan-backup').fill(code)
      await press(other, 'login.submit')
      if (is) await other.page.locator('#state').waitFor()
      else await other.page.locator('.nidan-error:not(:empty)').waitFor()
    }
    await mailed(other, lang === 'ja' ? ['バックアップコードを作り直しました'] : ['New backup codes were made'])
    assert.deepEqual(own(at.complaints), [])
    await other.context.close()
    await at.context.close()
  })
}
