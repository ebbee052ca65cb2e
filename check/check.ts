import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { type Check, checks } from './checks.ts'
import { projectEnvironment } from './tools.ts'

const root = join(import.meta.dirname, '..')
const cores = 2

const print = (text: string) => process.stdout.write(`${text}\n`)
const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1).padStart(6)} s`

/** Runs one check and says in one line how it went; faults follow as sentences. */
async function passes({ name, run }: Check): Promise<boolean> {
  const since = performance.now()
  try {
    const { faults, note } = await run(root)
    const end = faults.length === 0 ? (note ?? '') : faults.length === 1 ? '1 fault' : `${faults.length} faults`
    print(`${faults.length === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(10)} ${seconds(since)}   ${end}`.trimEnd())
    for (const fault of faults) print(`       ${fault}`)
    return faults.length === 0
  } catch (error) {
    print(`FAIL ${name.padEnd(10)} ${seconds(since)}   it could not run`)
    print(`       ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    return false
  }
}

/** At most as many at once as there are cores. */
async function passAll(wanted: readonly Check[]): Promise<boolean> {
  const waiting = [...wanted]
  let all = true
  const worker = async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) if (!(await passes(check))) all = false
  }
  await Promise.all(Array.from({ length: cores }, worker))
  return all
}

/** Beside the code and the rules; what runs the whole program, kills it or watches a browser stands in `test/`. */
const besideTheCode = ['src/**/*.test.ts', 'check/**/*.test.ts']

/**
 * The tests come last and print by themselves, so that the closing lines of Node's runner close the whole output. All of
 * them are for `npm test`: here are those that one runs before each commit.
 */
function testsPass(): Promise<boolean> {
  return new Promise((resolve) => {
    // The rules are among the tests too (house.test.ts), for who runs only those; here they ran already.
    const env = { ...projectEnvironment(root), HOUSE_CHECKED: '1' }
    const child = spawn(process.execPath, [join(root, 'test/run.ts'), ...besideTheCode], {
      cwd: root,
      env,
      stdio: 'inherit',
    })
    child.once('close', (status) => resolve(status === 0))
  })
}

// `npm run check | head` may stop reading early.
process.stdout.on('error', () => process.exit(1))

const names = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
const unknown = names.filter((name) => name !== 'tests' && !checks.some((check) => check.name === name))
if (unknown.length > 0) {
  print(`There is no check '${unknown.join("', '")}'. There are: ${checks.map(({ name }) => name).join(', ')}, tests.`)
  process.exit(2)
}

const wanted = names.length === 0 ? checks : checks.filter(({ name }) => names.includes(name))
const withTests = names.length === 0 ? !process.argv.includes('--no-tests') : names.includes('tests')
const housePasses = await passAll(wanted)
if (!housePasses) print('Some checks failed; what to do stands below each of them.')
const allPass = (!withTests || (await testsPass())) && housePasses
process.exitCode = allPass ? 0 : 1
