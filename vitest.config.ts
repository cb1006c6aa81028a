import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** In this order they begin: what waits beside what computes, and last the many short ones, which leave no core idle. */
const BEGIN = ['sim', 'scenarios', 'e2e', 'architecture', 'vectors', 'unit']
/** Promises seconds that only a machine without other work keeps: it runs after all others, alone. */
const ALONE = 'test/scenarios/ten-thousand.test.ts'

class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ project }: TestSpecification): number => BEGIN.indexOf(project.name)
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b))
  }
}

/** `--project NAME` picks one. */
export default defineConfig({
  test: {
    // One more than a small machine has cores: what waits leaves room, and four plants at once leave none.
    maxWorkers: 3,
    sequence: { sequencer: InOrder },
    hookTimeout: 180_000,
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 180_000 } },
      { extends: true, test: { name: 'vectors', include: ['test/vectors/**/*.test.ts'], testTimeout: 180_000 } },
      {
        extends: true,
        test: { name: 'architecture', include: ['test/architecture/**/*.test.ts'], testTimeout: 120_000 },
      },
      { extends: true, test: { name: 'sim', include: ['test/sim/**/*.test.ts'], testTimeout: 600_000 } },
      {
        extends: true,
        test: {
          name: 'scenarios',
          include: ['test/scenarios/**/*.test.ts'],
          exclude: [ALONE],
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      { extends: true, test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], testTimeout: 1_200_000 } },
      { extends: true, test: { name: 'alone', include: [ALONE], testTimeout: 600_000, fileParallelism: false } },
    ],
  },
})
