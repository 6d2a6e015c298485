#!/bin/bash
# Protocols that carry addresses in their data: conntrack's helpers for FTP and
# SIP put the public address there, and expect the flows that follow from it.
# The rules let only control flows come to DNETMAP; the rest is the helpers'.
. tests/lib.sh

HOST=192.168.0.10
POSTNAT=20.0.0.0

modprobe -aq nf_nat_ftp nf_nat_sip

# helper NAME PROTOCOL PORT: a helper for these flows, and DNETMAP both ways
helper() {
	ipt -t raw -A PREROUTING -p "$2" --dport "$3" -j CT --helper "$1"
	nat -A POSTROUTING -s 192.168.0.0/24 -p "$2" --dport "$3" \
		-j DNETMAP --prefix 20.0.0.0/26
	nat -A PREROUTING -p "$2" --dport "$3" -j DNETMAP
}

# ftp_server NAMESPACE ADDRESS
ftp_server() {
	mkdir -p /run/ftp /run/vsftpd/empty /srv/ftp
	echo "the file" > /run/ftp/file
	cat > /run/vsftpd.conf <<- END
		listen=YES
		background=YES
		listen_address=$2
		anonymous_enable=YES
		anon_root=/run/ftp
		connect_from_port_20=YES
		isolate_network=NO
		isolate=NO
		seccomp_sandbox=NO
	END
	in_ns "$1" vsftpd /run/vsftpd.conf
	wait_for 5 in_ns "$1" ncat -z "$2" 21
}

# fetch NAMESPACE SOURCE SERVER COMMAND...: what an FTP client gets, after it
# has been told these commands
fetch() {
	rm -f /run/got
	{
		echo "user anonymous -"
		printf '%s\n' "${@:4}" "get file /run/got" quit
	} | in_ns "$1" timeout 10 tnftp -nv -s "$2" "$3" > /run/ftp.log 2>&1
	cat /run/got || cat /run/ftp.log
}

modes=(passive:"passive on;epsv4 off" "extended passive:passive on;epsv4 on"
	active:"passive off;epsv4 off" "extended active:passive off;epsv4 on")

test_case "FTP, from a host to a server in the world"
helper ftp tcp 21
ip -n wan route replace $POSTNAT via 198.51.100.1
ip -n wan route del default
ftp_server wan $WAN
for mode in "${modes[@]}"; do
	IFS=';' read -ra commands <<< "${mode#*:}"
	is "$(fetch lan $HOST $WAN "${commands[@]}")" "the file" "${mode%%:*}"
done

test_case "FTP, from the world to a host"
helper ftp tcp 21
talk lan ask tcp $HOST $WAN:21 > /dev/null
ip -n wan route replace $POSTNAT via 198.51.100.1
ip -n wan route del default
ftp_server lan $HOST
for mode in "${modes[@]}"; do
	IFS=';' read -ra commands <<< "${mode#*:}"
	is "$(fetch wan $WAN $POSTNAT "${commands[@]}")" "the file" "${mode%%:*}"
done

test_case "SIP"
helper sip udp 5060
wan setsid -f socat -u UDP4-RECVFROM:5060 CREATE:/run/invite
wait_for 5 wan grep -q ":13C4 " /proc/net/udp
body="v=0
o=alice 1 1 IN IP4 $HOST
s=-
c=IN IP4 $HOST
t=0 0
m=audio 4000 RTP/AVP 0
"
body=${body//$'\n'/$'\r\n'}
head="INVITE sip:bob@$WAN SIP/2.0
Via: SIP/2.0/UDP $HOST:5060;branch=z9hG4bK1
From: <sip:alice@$HOST>;tag=1
To: <sip:bob@$WAN>
Call-ID: 1@alice
CSeq: 1 INVITE
Contact: <sip:alice@$HOST:5060>
Content-Type: application/sdp
Content-Length: ${#body}

"
printf '%s' "${head//$'\n'/$'\r\n'}$body" |
	lan socat -u STDIN "UDP4-SENDTO:$WAN:5060,bind=$HOST:5060"
wait_for 5 test -s /run/invite
invite=$(tr -d '\r' < /run/invite)
like "$invite" "Via: SIP/2.0/UDP $POSTNAT:5060;" "the way back is public"
like "$invite" "Contact: <sip:alice@$POSTNAT:5060>" "and the contact"
like "$invite" "c=IN IP4 $POSTNAT" "and where media are to go"
unlike "$invite" "$HOST" "nothing private is left"
lan setsid -f socat -u UDP4-RECVFROM:4000,bind=$HOST CREATE:/run/media
wait_for 5 lan grep -q ":0FA0 " /proc/net/udp
echo "hello" | wan socat -u STDIN "UDP4-SENDTO:$POSTNAT:4000,bind=$WAN:4002"
within 5 "hello" "media come to the host" cat /run/media
