// THIRD_PARTY_NOTICES.txt of the .vsix: every package of others with its licence.
const RULE = "=".repeat(80);
const ECOSYSTEMS = { npm: "from npm", pypi: "a Python package" };

/** The notices as text; a package that has several wheels appears once. */
export function notices(components) {
  const parts = new Map(components.map((one) => [`${one.name} ${one.version}`, one]));
  const sections = [...parts].map(([title, { ecosystem, license, texts, contains = [] }]) => {
    const head = `${RULE}\n${title} (${ECOSYSTEMS[ecosystem]})\nLicence: ${license}\n${RULE}`;
    return [head, ...texts.map((text) => text.trim()), ...inside(contains)].join("\n\n");
  });
  const first =
    "This extension contains the packages below, which others wrote, with their licences.\n" +
    "examples/shakespeare/data/SOURCE.md says the same of Shakespeare's plays. Everything else is\n" +
    "Trainsmith's own, under the licence in LICENSE.txt.";
  return `${[first, ...sections].join("\n\n")}\n`;
}

/** The libraries inside compiled modules: wheels name their licences and have no texts of them. */
function inside(contains) {
  if (contains.length === 0) return [];
  const lines = contains.map(({ name, version, licenses }) => {
    const names = licenses.map(
      ({ expression, license }) => expression ?? license.id ?? license.name,
    );
    return `${name} ${version}: ${names.join(", ")}`;
  });
  return [["Its compiled modules are built from these libraries:", "", ...lines].join("\n")];
}
