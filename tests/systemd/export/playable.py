"""Manifests as podman can play them: it knows no StatefulSet, which becomes a Deployment with an empty volume for what
was claimed. Everything else stays as it is."""
import glob, os, sys, yaml

source, target = sys.argv[1:]
os.makedirs(target, exist_ok=True)
for path in glob.glob(source + '/*.yaml'):
    documents = [document for document in yaml.safe_load_all(open(path)) if document]
    for document in documents:
        if document['kind'] == 'StatefulSet':
            document['kind'] = 'Deployment'
            spec = document['spec']
            del spec['serviceName'], spec['podManagementPolicy']
            for claim in spec.pop('volumeClaimTemplates'):
                spec['template']['spec']['volumes'].append({'name': claim['metadata']['name'], 'emptyDir': {}})
    with open(os.path.join(target, os.path.basename(path)), 'w') as file:
        yaml.safe_dump_all(documents, file, allow_unicode=True)
