import { strict as assert } from 'node:assert'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import fastify from 'fastify'
import { addGuide, chapterAt } from './guide.ts'

const folder = mkdtempSync(join(tmpdir(), 'bursar-guide-'))
writeFileSync(join(folder, 'secret.txt'), 'not a page')
const pages = pathToFileURL(`${folder}/guide/`)
const server = fastify()
addGuide(server, pages)
after(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const ask = (url: string, headers = {}) => server.inject({ url, headers })

test('404: a guide that was not built says how to build it', async () => {
  const answer = await ask('/docs/guide/')
  assert.equal(answer.statusCode, 404)
  assert.match(answer.headers['content-type'] as string, /^text\/html/)
  assert.match(answer.body, /<code>npm run docs<\/code>/)
})

test('200: a guide built meanwhile is there without a restart, with types, tags and a policy for its scripts', async () => {
  mkdirSync(join(folder, 'guide/assets'), { recursive: true })
  writeFileSync(join(folder, 'guide/index.html'), '<script>let a</script><script src="x.js"></script>')
  writeFileSync(join(folder, 'guide/prices.html'), 'prices')
  writeFileSync(join(folder, 'guide/404.html'), 'no such page')
  writeFileSync(join(folder, 'guide/assets/@a.1b-2.js'), 'let b')
  const page = await ask('/docs/guide/')
  assert.equal(page.statusCode, 200)
  assert.match(page.headers['content-type'] as string, /^text\/html/)
  // echo -n 'let a' | openssl dgst -sha256 -binary | base64
  const policy = page.headers['content-security-policy'] as string
  assert.match(policy, /script-src 'self' 'sha256-IfEXP\/8HLuXoAiy0hZVrCAcjcLsZqYFpLOHDGj8enqE='; /)
  assert.equal(page.headers['cache-control'], 'no-cache')
  const again = await ask('/docs/guide/', { 'if-none-match': page.headers.etag })
  assert.deepEqual([again.statusCode, again.body], [304, ''])
  assert.equal((await ask('/docs/guide/prices')).body, 'prices')
  assert.equal(chapterAt('prices', pages), '/docs/guide/prices')
  assert.equal(chapterAt('nothing', pages), undefined)
  const script = await ask('/docs/guide/assets/@a.1b-2.js')
  assert.match(script.headers['content-type'] as string, /^text\/javascript/)
  assert.match(script.headers['cache-control'] as string, /immutable/)
})

test('308: the address without its slash leads to the one with it', async () => {
  const answer = await ask('/docs/guide')
  assert.deepEqual([answer.statusCode, answer.headers.location], [308, '/docs/guide/'])
})

test('404: nothing outside the folder is served', async () => {
  for (const path of [
    '../secret.txt',
    '..%2fsecret.txt',
    '%2e%2e/secret.txt',
    'assets/..%2f..%2fsecret.txt',
    '/etc/passwd',
  ]) {
    const answer = await ask(`/docs/guide/${path}`)
    assert.equal(answer.statusCode, 404, path)
    assert.doesNotMatch(answer.body, /not a page|root:/)
  }
  assert.equal((await ask('/docs/guide/no-such-page')).body, 'no such page')
})
