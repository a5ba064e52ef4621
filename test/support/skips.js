// What tests are skipped for. A test, or a group of tests, that may be skipped ends its title with what it needs or where it cannot
// run, in brackets.

/** Where a test cannot run: a property of the platform, which nobody is asked to change. */
const PLATFORMS = [
  'not as root',
  'not on Windows',
  'on Linux alone',
  'on Linux with prlimit',
  'on a GPU with shader-f16 alone',
];

/** What a test needs, and how to have it. @type {Readonly<Record<string, string>>} */
const NEEDS = {
  'redis-server': 'apt-get install redis-server (brew install redis)',
  Chromium: 'apt-get install chromium (or CHROMIUM=/path/to/chromium)',
  nginx: 'apt-get install nginx-light (brew install nginx)',
  'llm-comply':
    'python3 -m venv .ci/python && .ci/python/bin/pip install -r .ci/requirements.txt, then HALFSPACE_TEST_PYTHON=.ci/python/bin/python npm test',
  'a Vulkan driver':
    'apt-get install chromium libvulkan1, then VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json XDG_RUNTIME_DIR=/tmp npm test',
  'gguf of PyPI': 'pip install gguf, for the Python that HALFSPACE_TEST_PYTHON names (python3)',
  'the published tokenizers': 'packages/model/fixtures/fetch-tokenizers.sh',
  'alt-profanity-check':
    'python3 -m venv .ci/python && .ci/python/bin/pip install -r .ci/requirements.txt, then HALFSPACE_TEST_PYTHON=.ci/python/bin/python npm test',
};

/**
 * Why a test is skipped.
 *
 * @param {string} fullName - With the titles of the groups that it stands in.
 * @returns {{ readonly platform: boolean, readonly words: string } | undefined} Undefined where it does not say.
 */
export function reasonOf(fullName) {
  const platform = PLATFORMS.find((each) => fullName.includes(`(${each})`));
  if (platform !== undefined) return { platform: true, words: `cannot run here: ${platform}` };
  const need = Object.keys(NEEDS).find((each) => fullName.includes(`(needs ${each})`));
  return need === undefined ? undefined : { platform: false, words: `need ${need}: ${NEEDS[need]}` };
}
