/** Who may import whom; the reasons are in CONTRIBUTING.md. */
const rule = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to });
const only = (name, from, allowed, comment) =>
  rule(
    name,
    from,
    { path: '^(server|sandbox|tasks|scoring|views|seeds|cli|bench|tests)/', pathNot: allowed },
    comment,
  );

module.exports = {
  forbidden: [
    rule('no-cycles', {}, { circular: true }, 'A cycle means two rooms that are really one.'),
    rule(
      'nothing-imports-tests',
      { pathNot: '^(tests|bench)/' },
      { path: '^tests/' },
      'Product code does not know its tests.',
    ),
    rule(
      'declared-packages',
      {},
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown'] },
      'Name it in package.json.',
    ),
    only('scoring-is-a-leaf', { path: '^scoring/' }, '^scoring/', 'Metrics are pure functions.'),
    only(
      'tasks',
      { path: '^tasks/' },
      '^(tasks/|scoring/|sandbox/(tensor|model|failure)\\.ts$)',
      'Kinds know scores and the Model contract, never processes.',
    ),
    only(
      'sandbox',
      { path: '^sandbox/' },
      '^sandbox/',
      'The sandbox knows nothing of what it runs for.',
    ),
    rule(
      'sandbox-has-one-door',
      { path: '^(server|tasks|scoring|seeds|cli)/' },
      {
        path: '^sandbox/',
        pathNot:
          '^sandbox/((host|tensor|model|failure|request|accelerator)\\.ts$|isolation/(doctor|detect|probe)\\.ts$)',
      },
      'Use openSandbox and the leaf contracts.',
    ),
    rule(
      'routes-stay-thin',
      { path: '^server/(routes|middleware)/' },
      { path: '^(sandbox/host|server/(db|jobs|storage)/|scoring/)' },
      'Parse, authorise, call a service, answer.',
    ),
    rule(
      'services-know-no-http',
      { path: '^server/(services|models|jobs|db|storage)/' },
      { path: '^(server/(routes|middleware|presenters)/|node_modules/express/)' },
      'Workflows have no request and no HTML.',
    ),
    rule(
      'items-stay-in-services',
      { pathNot: '^(server/services|tests)/' },
      { path: '^server/(models|services)/item-results\\.ts$' },
      'They tell which rows of a hidden split were right: no route reads them out.',
    ),
    only(
      'models',
      { path: '^server/models/' },
      '^(server/(models|db|lib)/|server/errors\\.ts$)',
      'All queries live here, and only queries.',
    ),
    only('db', { path: '^server/db/' }, '^server/(db|lib)/', 'The database layer is a leaf.'),
    only('lib', { path: '^server/lib/' }, '^server/lib/', 'Leaf helpers.'),
    rule(
      'express-in-web-only',
      { path: '^(server/(services|models|jobs|db|storage|presenters|lib)|tasks|scoring|sandbox)/' },
      { path: 'node_modules/(express|multer|helmet)/' },
    ),
    rule(
      'engines-in-the-child-only',
      { pathNot: '^(sandbox/runners/|tests/|bench/|tasks/[^/]+/(baselines|starter)/)' },
      { path: 'node_modules/(isolated-vm|onnxruntime-node|@tensorflow)/' },
      'A bad native build never stops the web server.',
    ),
    rule(
      'kysely-in-data-only',
      { pathNot: '^(server/(db|models|jobs|services|deps)|tests/|bench/)' },
      { path: 'node_modules/kysely/', dependencyTypesNot: ['type-only'] },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^views/assets/' },
    tsPreCompilationDeps: true,
    // sandbox/ has a package.json of its own, which the child is mounted with.
    combinedDependencies: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
