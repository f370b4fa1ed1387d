/** Rules of our own for oxlint. A literal spread into a literal of its kind says in two places what stands in one. */
const noLiteralSpread = {
  create: (context) => ({
    SpreadElement: (node) => {
      const kind = node.argument.type;
      if ((kind === 'ObjectExpression' || kind === 'ArrayExpression') && node.parent.type === kind)
        context.report({ node, message: `Write the ${kind === 'ObjectExpression' ? 'fields' : 'elements'} themselves.` });
    },
  }),
};

export default { meta: { name: 'ours' }, rules: { 'no-literal-spread': noLiteralSpread } };
