// Texts come in parts; nobody is shown a screen before its texts are there, whatever else is being loaded.
import { expect, test } from 'vitest'
import { speak, speakAlso, t } from './i18n.svelte.ts'

test('whoever asks for texts that are on their way waits for them', async () => {
  await speak('vi')
  expect(t('dispatch.title')).toBe('dispatch.title')
  void speakAlso('field')
  await speakAlso('field')
  expect(t('dispatch.title')).toBe('Hàng cần lấy')
})

test('texts asked for while the language is switched come in the new language', async () => {
  await speak('vi')
  const asked = speakAlso('desk')
  await speak('en')
  await asked
  expect(t('ledger.title')).toBe('Received from phones')
  await speak('vi')
  expect(t('ledger.title')).toBe('Sổ nhận từ máy')
})
