import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Runs words of Python that import the client; answers what they print. */
export async function python(words: string, ...given: string[]): Promise<string> {
  const directory = new URL('../../clients/python', import.meta.url).pathname
  const { stdout } = await promisify(execFile)('python3', ['-c', words, ...given], {
    env: { ...process.env, PYTHONPATH: directory, PYTHONDONTWRITEBYTECODE: '1' },
  })
  return stdout
}
