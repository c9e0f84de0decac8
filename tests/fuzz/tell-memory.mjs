// Loaded before a server's own code: on SIGUSR2 it tells what it holds after garbage collection.
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc')

async function tell() {
  for (let round = 0; round < 3; round += 1) {
    gc()
    await sleep(20)
  }
  const { heapUsed, external } = process.memoryUsage()
  appendFileSync(process.env.MEMORY_FILE, `${heapUsed + external}\n`)
}

process.on('SIGUSR2', () => void tell())
