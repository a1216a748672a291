// The languages that there are, each with the one word that is on the page before its catalogue is loaded.

export const EARLY = {
  en: '6‑digit code', ja: '6桁のコード', 'zh-Hans': '6 位验证码', 'zh-Hant': '6 位數驗證碼', ko: '6자리 코드', es: 'Código de 6 dígitos',
  fr: 'Code à 6 chiffres', de: '6‑stelliger Code', 'pt-BR': 'Código de 6 dígitos', vi: 'Mã 6 chữ số', ar: 'رمز من 6 أرقام',
}
export const LOCALES = Object.keys(EARLY)
