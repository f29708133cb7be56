"""Holds every object in a directory of manifests to the models of three published clients of Kubernetes, which are
generated from each release's OpenAPI: no unknown key, every required one, values of the right type."""
import ast, glob, os, re, sys, yaml

def snake(name):
    name = re.sub(r'([A-Z]+)([A-Z][a-z])', r'\1_\2', name)
    return re.sub(r'([a-z0-9])([A-Z])', r'\1_\2', name).lower()

class Release:
    def __init__(self, root):
        self.root, self.known = root + '/kubernetes/client/models/', {}

    def model(self, name):
        if name not in self.known:
            text = open(self.root + snake(name) + '.py').read()
            tree = ast.parse(text)
            found = {}
            for node in ast.walk(tree):
                if isinstance(node, ast.Assign) and getattr(node.targets[0], 'id', '') in ('openapi_types', 'attribute_map'):
                    found[node.targets[0].id] = ast.literal_eval(node.value)
            required = re.findall(r'for `(\w+)`, must not be `None`', text)
            self.known[name] = found['openapi_types'], found['attribute_map'], set(required)
        return self.known[name]

    def check(self, value, kind, at):
        plain = {'str': str, 'int': int, 'bool': bool, 'float': (int, float)}
        if kind == 'object':
            return
        if kind in plain:
            assert isinstance(value, plain[kind]) and (kind == 'bool' or not isinstance(value, bool)), (at, kind, value)
        elif match := re.fullmatch(r'list\[(.*)\]', kind):
            assert isinstance(value, list), (at, kind)
            for index, item in enumerate(value):
                self.check(item, match[1], f'{at}[{index}]')
        elif match := re.fullmatch(r'dict\(str, (.*)\)', kind):
            assert isinstance(value, dict), (at, kind)
            for key, item in value.items():
                assert isinstance(key, str), at
                self.check(item, match[1], f'{at}.{key}')
        else:
            types, names, required = self.model(kind)
            assert isinstance(value, dict), (at, kind)
            own = {json: attribute for attribute, json in names.items()}
            for key, item in value.items():
                assert key in own, f'{at}: {kind} has no {key}'
                self.check(item, types[own[key]], f'{at}.{key}')
            for attribute in required:
                assert names[attribute] in value, f'{at}: {kind} lacks {attribute}'

count = 0
releases = sorted(glob.glob('/opt/engines/kubernetes-*'))
assert len(releases) == 3, releases
for root in releases:
    release = Release(root)
    for path in sorted(glob.glob(sys.argv[1] + '/*.yaml')):
        for document in yaml.safe_load_all(open(path)):
            if not document or document['kind'] == 'Kustomization':
                continue
            version = document['apiVersion'].split('/')[-1]
            name = version[0].upper() + version[1:] + document['kind']
            release.check(document, name, f'{os.path.basename(path)}: {document["kind"]}')
            count += 1
assert count > 45, count
# The check must be able to fail.
for wrong in ({'apiVersion': 'apps/v1', 'kind': 'Deployment', 'specc': {}}, {'spec': {'replicas': 'x', 'selector': {}, 'template': {}}}, {'spec': {}}):
    try:
        Release(releases[0]).check(wrong, 'V1Deployment', 'wrong')
    except AssertionError:
        continue
    raise SystemExit(f'{wrong} was taken')
