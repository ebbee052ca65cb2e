export type StartPageWords = {
  readonly title: string
  readonly skip: string
  readonly languageLabel: string
  readonly otherLanguage: string
  readonly headline: string
  readonly what: string
  readonly how: string
  readonly nextTitle: string
  readonly steps: readonly { readonly text: string; readonly type: string }[]
  readonly doorsTitle: string
  readonly doors: readonly { readonly path: string; readonly text: string }[]
  readonly footer: string
}

export const startPageWords: Readonly<Record<'en' | 'th', StartPageWords>> = {
  en: {
    title: 'The accounts office of a computing site',
    skip: 'Skip to the content',
    languageLabel: 'Language',
    otherLanguage: 'ภาษาไทย',
    headline: 'Bursar is running, and its books are open.',
    what: 'Bursar is the accounts office of a computing site. Usage comes in as facts, from Slurm for example; it is priced, charged to projects, and posted to a double-entry ledger.',
    how: 'Every figure can be explained down to the job it came from, and the books prove themselves: one command checks every sum and the seal over the whole history.',
    nextTitle: 'What to type next',
    steps: [
      { text: 'Load the sample: a Slurm cluster’s jobs and a price book, marked as demo.', type: 'npm run demo' },
      {
        text: 'Or bring your own accounting records; the help says how to ask Slurm for them.',
        type: 'npx bursar ingest slurm --help\nnpx bursar ingest slurm jobs.psv',
      },
      { text: 'See what a project owes.', type: 'npx bursar parties list\nnpx bursar statement --project PROJECT' },
      { text: 'Ask why one job cost what it cost.', type: 'npx bursar explain JOB' },
      { text: 'Have the books proved.', type: 'npx bursar verify' },
    ],
    doorsTitle: 'Doors of this server',
    doors: [
      { path: '/docs/guide/', text: 'the guide' },
      { path: '/docs/', text: 'the API, to read and to try' },
      { path: '/health', text: 'the program is up' },
      { path: '/ready', text: 'the database answers and the schema is current' },
      { path: '/version', text: 'which Bursar this is' },
      { path: '/metrics', text: 'figures for Prometheus, on this machine only' },
    ],
    footer:
      'Every command explains itself with <code>--help</code>. Bursar is free software under the Apache Licence 2.0.',
  },
  th: {
    title: 'ฝ่ายบัญชีของศูนย์คอมพิวเตอร์',
    skip: 'ข้ามไปยังเนื้อหา',
    languageLabel: 'ภาษา',
    otherLanguage: 'English',
    headline: 'Bursar ทำงานอยู่ และสมุดบัญชีเปิดแล้ว',
    what: 'Bursar คือฝ่ายบัญชีของศูนย์คอมพิวเตอร์ การใช้งานเข้ามาเป็นข้อเท็จจริง เช่น จาก Slurm แล้วถูกคิดราคา เรียกเก็บจากโครงการ และลงบัญชีแยกประเภทแบบบัญชีคู่',
    how: 'ตัวเลขทุกตัวอธิบายย้อนไปได้ถึงงานที่เป็นที่มา และบัญชีพิสูจน์ตัวเองได้ คำสั่งเดียวตรวจทุกยอดรวมและตราผนึกของประวัติทั้งหมด',
    nextTitle: 'พิมพ์อะไรต่อไป',
    steps: [
      { text: 'โหลดข้อมูลตัวอย่าง: งานของคลัสเตอร์ Slurm และราคา ทำเครื่องหมายว่าเป็นข้อมูลสาธิต', type: 'npm run demo' },
      {
        text: 'หรือนำบันทึกการใช้งานของคุณเองเข้ามา คำสั่งช่วยเหลือบอกวิธีขอข้อมูลจาก Slurm',
        type: 'npx bursar ingest slurm --help\nnpx bursar ingest slurm jobs.psv',
      },
      { text: 'ดูว่าโครงการหนึ่งค้างชำระเท่าไร', type: 'npx bursar parties list\nnpx bursar statement --project PROJECT' },
      { text: 'ถามว่าทำไมงานหนึ่งจึงมีค่าใช้จ่ายเท่านั้น', type: 'npx bursar explain JOB' },
      { text: 'ตรวจพิสูจน์บัญชี', type: 'npx bursar verify' },
    ],
    doorsTitle: 'ช่องทางของเซิร์ฟเวอร์นี้',
    doors: [
      { path: '/docs/guide/', text: 'คู่มือ (ภาษาอังกฤษ)' },
      { path: '/docs/', text: 'API สำหรับอ่านและทดลองใช้' },
      { path: '/health', text: 'โปรแกรมทำงานอยู่' },
      { path: '/ready', text: 'ฐานข้อมูลตอบ และโครงสร้างเป็นรุ่นปัจจุบัน' },
      { path: '/version', text: 'Bursar รุ่นใด' },
      { path: '/metrics', text: 'ตัวเลขสำหรับ Prometheus เฉพาะบนเครื่องนี้' },
    ],
    footer: 'ทุกคำสั่งอธิบายตัวเองด้วย <code>--help</code> Bursar เป็นซอฟต์แวร์เสรีภายใต้ Apache Licence 2.0',
  },
}
